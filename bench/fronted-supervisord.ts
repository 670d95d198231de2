import { SidecarClient } from '../src/sidecar/client.ts';
import { writeConfig } from '../test/support/drainctl.ts';
import { startSupervisord } from '../test/support/supervisord.ts';
import { supervisorSocket } from '../test/support/supervisord-config.ts';
import { temporaryDirectory } from '../test/support/temporary-directory.ts';
import { waitFor } from '../test/support/wait-for.ts';

/** Two ways to one supervisord, as socket paths. */
export interface FrontedSupervisord {
  readonly supervisord: string;
  readonly sidecar: string;
}

/** Starts a supervisord with this many processes, none of which runs, and a sidecar in front of it. Freed at the end of the scope. */
export async function startFrontedSupervisord(processes: number): Promise<FrontedSupervisord> {
  const directory = temporaryDirectory();
  const sidecar = directory.file('drainctl.sock');
  const configFile = writeConfig(directory, {
    supervisor: { url: `unix://${supervisorSocket(directory)}` },
    sidecar: { socket: sidecar },
    state_dir: directory.file('state'),
    programs: {},
  });
  const supervisord = await startSupervisord({
    directory,
    programs: [
      {
        name: 'task',
        command: 'sleep 3600',
        autostart: false,
        numprocs: processes,
        process_name: '%(program_name)s_%(process_num)04d',
      },
    ],
    listener: { configFile },
  });
  await waitFor(() => new SidecarClient(sidecar).getVersion(), { what: 'the sidecar to answer' });
  await supervisord.waitForRunning(['drain:drain']);
  return { supervisord: supervisord.socketPath, sidecar };
}
