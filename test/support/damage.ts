import type { RunDocument } from '../../src/drain/api.ts';
import { historyOf } from './acceptance.ts';
import { freePort } from './free-port.ts';
import type { Stack, StackOptions } from './stack.ts';
import { temporaryDirectory } from './temporary-directory.ts';
import { waitFor } from './wait-for.ts';
import { webCommand } from './web-server.ts';

/** What the sidecar says of a stop that went past it. */
export const bypassWarning = /past drainctl/;

/** The process id of `name` as supervisord tells it. */
export async function pidOf(stack: Stack, name: string): Promise<number> {
  const { stdout } = await stack.supervisord.ctl(['pid', name]);
  return Number(stdout);
}

/** Kills a process with SIGKILL, past everybody. */
export async function killProcess(stack: Stack, name: string): Promise<void> {
  process.kill(await pidOf(stack, name), 'SIGKILL');
}

/** Waits until a process has this state in supervisord. */
export async function waitForState(stack: Stack, name: string, state: string): Promise<void> {
  await waitFor(async () => (await stack.supervisord.states()).get(name) === state, {
    what: `${name} to be ${state}`,
    timeoutMs: 40_000,
  });
}

/** Waits until the history has a run of this action, and gives the latest such run. */
export async function waitForRun(stack: Stack, action: string): Promise<RunDocument> {
  return waitFor(async () => (await historyOf(stack)).find((run) => run.action === action), {
    what: `a run of action ${action} in the history`,
    timeoutMs: 40_000,
  });
}

/** A program `moody:moody` in HAProxy, which starts only while a file is there. */
export async function moodyProgram(): Promise<{ readonly options: StackOptions; readonly allowFile: string }> {
  const port = await freePort();
  const allowFile = temporaryDirectory().write('allow', '');
  const command = `sh -c "test -e ${allowFile} && exec ${webCommand(['--port', `${port}`, '--name', 'moody'])}"`;
  return {
    allowFile,
    options: {
      processes: 1,
      programs: [{ name: 'moody', command, startretries: 1 }],
      haproxy: { extraBackend: `server moody 127.0.0.1:${port} check` },
      config: (config) => ({
        ...config,
        programs: { ...config.programs, moody: { members: [{ pool: 'lb', server: 'app/moody' }] } },
      }),
    },
  };
}
