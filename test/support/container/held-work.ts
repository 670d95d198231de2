import type { Machine, MachineOptions } from './machine.ts';
import type { machineConfig } from './services.ts';

const path = '/var/lib/held-work';

/** Work in flight beside that of the clients, which lasts until {@link releaseWork}, however slow the machine is. */
export const heldWork = {
  files: { [path]: '1\n' },
  config(config: ReturnType<typeof machineConfig>) {
    const { web } = config.programs;
    const probes = [
      { probe: 'file', path },
      { probe: 'http', url: web.ready.http.replace(/health$/, 'load') },
    ];
    // Far longer than any test holds it.
    const defaults = { ...config.defaults, deadline: '90s' };
    return { ...config, defaults, programs: { web: { ...web, in_flight: probes } } };
  },
} satisfies MachineOptions;

/** Ends the work of {@link heldWork}. */
export async function releaseWork(machine: Machine): Promise<void> {
  await machine.run('sh', '-c', `echo 0 >${path}.new && mv ${path}.new ${path}`);
}
