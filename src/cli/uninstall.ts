import { DrainctlError } from '../errors.ts';
import type { Command, CommandContext } from './command.ts';
import { connect } from './connect.ts';
import { exitCodes } from './exit-codes.ts';
import { installOptions, openConfig } from './install.ts';
import { printInstall } from './install-output.ts';
import { printJson } from './output.ts';

export const uninstall: Command = {
  name: 'uninstall',
  args: '',
  summary: 'Take back exactly what drainctl install has written.',
  description:
    'Removes the listener from supervisord, and the files; what --force had replaced comes back byte for byte. ' +
    'Refused while a run is under way, and, without --force, while something is taken out of its pools.',
  examples: ['drainctl uninstall --dry-run', 'drainctl uninstall'],
  options: installOptions,
  async run(context, { options }) {
    const { findUninstallTarget } = await import('../install/find-target.ts');
    const { readManifest } = await import('../install/manifest.ts');
    const { uninstall: carryOut } = await import('../install/uninstall.ts');
    const [dryRun, force] = [options['dryRun'] === true, options['force'] === true];
    const target = await findUninstallTarget(await openConfig(context));
    const { files } = readManifest(target.stateDir);
    const loaded = await target.supervisord?.listenerState();
    if (files.length > 0 && loaded !== undefined && !dryRun) await refuseWhileAtWork(context, force);
    const document = await carryOut(target, { dryRun, force });
    if (context.json) printJson(context.stdout, document);
    else printInstall(context.stdout, document);
    return exitCodes.done;
  },
};

/** Without its sidecar a run would end half-way, and what is out would stay out. */
async function refuseWhileAtWork(context: CommandContext, force: boolean): Promise<void> {
  const { api } = await connect(context);
  const { run, processes } = await api.getStatus();
  if (run !== '') {
    throw new DrainctlError('INSTALL_REFUSED', `A run is under way: ${run}. Nothing was changed.`, {
      hint: 'Wait until it has ended, or "drainctl cancel" it.',
      details: { run },
    });
  }
  const out = processes.filter(({ members }) => members.some(({ ours }) => ours)).map(({ name }) => name);
  if (out.length === 0 || force) return;
  throw new DrainctlError(
    'INSTALL_REFUSED',
    `Taken out of their pools by drainctl: ${out.join(', ')}. Nobody would put them back. Nothing was changed.`,
    { hint: 'Put them back: "drainctl pool all". Or leave them out: "drainctl uninstall --force".', details: { out } },
  );
}
