#!/usr/bin/env node
import { catchSignals, isForSupervisord } from './stop-signals.ts';

const args = process.argv.slice(2);
if (isForSupervisord(args)) catchSignals();
// A reader that goes away (`| head`, a closed terminal) must not end a shutdown half-way.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

const [{ runCommandLine }, { textOutput }, { diskHangs }] = await Promise.all([
  import('./cli/run.ts'),
  import('./cli/text-output.ts'),
  import('./disk.ts'),
]).catch(cannotLoad);
const { env } = process;
const [stdout, stderr] = [textOutput(process.stdout, env), textOutput(process.stderr, env)];
process.exitCode = await runCommandLine({ args, env, stdout, stderr });
// Node would wait for a thread that waits for a disk; and supervisord, or systemd, for us.
if (diskHangs()) process.kill(process.pid, 'SIGKILL');
// Whatever is still open (a timer, a connection to a pool that hangs) must not keep the command from ending.
process.exit();

/** Its own files are the first that a full table of open files, or half an installation, keeps drainctl from. */
function cannotLoad(error: unknown): never {
  const why = error instanceof Error ? error.message : String(error);
  process.stderr.write(`drainctl: can't be loaded, so nothing was done: ${why}\n`);
  process.stderr.write(
    '  Install it anew; for EMFILE raise the limit of open files ("ulimit -n", LimitNOFILE=, minfds).\n',
  );
  process.exit(1);
}
