import { isSidecar, runsSidecar } from '../drain/self.ts';
import { isDrainctlError } from '../errors.ts';
import type { ProcessName } from '../supervisor/process.ts';
import type { Supervisor } from '../supervisor/supervisor.ts';
import type { CommandContext } from './command.ts';

/**
 * supervisord would wait for a sidecar that hangs as long as its stopwaitsecs, before it stopped anything else. Killed,
 * it loses nothing: what it took out is in the journal, and supervisord starts a new one. Never rejects but for a bug.
 */
export async function killSidecar(context: CommandContext, supervisor: Supervisor): Promise<void> {
  try {
    const sidecar = await findSidecar(supervisor);
    if (sidecar === undefined) return;
    context.stderr.write(`drainctl: ${sidecar} hangs; it is killed, and supervisord starts it anew\n`, 'warning');
    await supervisor.signalProcess(sidecar, 'KILL');
  } catch (error) {
    if (!isDrainctlError(error)) throw error;
    context.stderr.write(`drainctl: the sidecar hangs and could not be killed: ${error.message}\n`, 'warning');
  }
}

async function findSidecar(supervisor: Supervisor): Promise<ProcessName | undefined> {
  try {
    return (await supervisor.getAllConfigInfo()).find(isSidecar)?.fullName;
  } catch (error) {
    if (!isDrainctlError(error, 'RPC_PROTOCOL')) throw error;
    return (await supervisor.getAllProcessInfo()).find(runsSidecar)?.fullName;
  }
}
