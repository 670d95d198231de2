import { execa } from 'execa';
import { startProcess } from '../processes.ts';
import { markVariable } from '../run-id.ts';
import { toolPath } from '../tools.ts';
import { waitFor } from '../wait-for.ts';
import { withoutVolatile } from './normalise.ts';
import type { Twin } from './twins.ts';

/** What supervisorctl printed on standard output and standard error, line by line, and its exit status. */
export interface CtlResult {
  readonly command: string;
  readonly output: readonly string[];
  readonly exitStatus: number;
}

/** supervisorctl warns where its output can't take Unicode, and a pipe makes it hold back lines. */
const environment = { LC_ALL: 'C.UTF-8', PYTHONIOENCODING: 'utf-8', PYTHONUNBUFFERED: '1' } as const;

/** Runs supervisorctl at the twin's address, by default with `-s` alone. Throws when it takes over 60 s. */
export async function supervisorctl(twin: Twin, command: string, options: readonly string[] = []): Promise<CtlResult> {
  const { all, exitCode } = await execa(
    toolPath('supervisorctl'),
    [...optionsOf(twin), ...options, ...words(command)],
    {
      env: { ...environment, [markVariable]: twin.directory.path },
      reject: false,
      timeout: 60_000,
      stdin: 'ignore',
      all: true,
      stripFinalNewline: false,
    },
  );
  if (exitCode === undefined) throw new Error(`supervisorctl ${command} did not end within 60 s: ${all}`);
  return { command, output: all.split('\n'), exitStatus: exitCode };
}

/** As {@link supervisorctl}, without what differs between equal supervisords. */
export async function normalisedCtl(twin: Twin, command: string, options?: readonly string[]): Promise<CtlResult> {
  const result = await supervisorctl(twin, command, options);
  return { ...result, output: withoutVolatile(result.output.join('\n'), twin).split('\n') };
}

/** A supervisorctl that goes on until it is told to end, such as `tail -f`. */
export interface CtlSession {
  /** Waits until its output holds this text. */
  waitFor(text: string): Promise<void>;
  /** Writes a line to its standard input. */
  type(line: string): void;
  /** Ends it as Ctrl-C does, or waits until it ends by itself, and gives all that it printed. */
  end(how: 'Ctrl-C' | 'by itself'): Promise<CtlResult>;
  /**
   * Ends its input, waits until it says that it leaves, kills it, and gives all that it printed. supervisorctl 4.2.5's
   * own `fg` may hang after that, because of its second thread.
   */
  leaveForeground(): Promise<CtlResult>;
}

/** Starts supervisorctl at the twin's address. */
export function startCtl(twin: Twin, command: string): CtlSession {
  const running = startProcess(toolPath('supervisorctl'), [...optionsOf(twin), ...words(command)], {
    mark: twin.directory.path,
    env: environment,
  });
  const printed = () => running.stdout + running.stderr;
  const result = (exitStatus: number) => ({
    command,
    output: withoutVolatile(printed(), twin).split('\n'),
    exitStatus,
  });
  const session: CtlSession = {
    async waitFor(text) {
      await waitFor(
        () => {
          if (printed().includes(text)) return true;
          throw new Error(printed());
        },
        { what: `supervisorctl ${command} at ${twin.serverUrl} to print ${JSON.stringify(text)}`, timeoutMs: 30_000 },
      );
    },
    type: (line) => void running.stdin?.write(`${line}\n`),
    async end(how) {
      if (how === 'Ctrl-C') running.kill('SIGINT');
      await waitFor(() => !running.running, { what: `the end of supervisorctl ${command}` });
      const { code } = await running.exited;
      return result(code ?? -1);
    },
    async leaveForeground() {
      running.stdin?.end();
      await session.waitFor('Exiting foreground');
      running.kill('SIGKILL');
      await running.close();
      return result(0);
    },
  };
  return session;
}

function optionsOf(twin: Twin): string[] {
  return ['-c', twin.supervisord.configFile, '-s', twin.serverUrl];
}

function words(command: string): string[] {
  return command.split(' ').filter((word) => word !== '');
}
