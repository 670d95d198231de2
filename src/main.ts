#!/usr/bin/env node
import { catchStopSignals } from './stop-signals.ts';

const args = process.argv.slice(2);
if (args.includes('listen')) catchStopSignals();
// A reader that goes away (`| head`, a closed terminal) must not end a shutdown half-way.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

const [{ runCommandLine }, { textOutput }, { diskHangs }] = await Promise.all([
  import('./cli/run.ts'),
  import('./cli/text-output.ts'),
  import('./disk.ts'),
]);
const { env } = process;
const [stdout, stderr] = [textOutput(process.stdout, env), textOutput(process.stderr, env)];
process.exitCode = await runCommandLine({ args, env, stdout, stderr });
// Node would wait for a thread that waits for a disk; and supervisord, or systemd, for us.
if (diskHangs()) process.kill(process.pid, 'SIGKILL');
// Whatever is still open (a timer, a connection to a pool that hangs) must not keep the command from ending.
process.exit();
