#!/usr/bin/env node
import { catchStopSignals } from './stop-signals.ts';

const args = process.argv.slice(2);
if (args.includes('listen')) catchStopSignals();
// A reader that goes away (`| head`, a closed terminal) must not end a shutdown half-way.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

const { runCommandLine } = await import('./cli/run.ts');
process.exitCode = await runCommandLine({ args, env: process.env, stdout: process.stdout, stderr: process.stderr });
// Whatever is still open (a timer, a connection to a pool that hangs) must not keep the command from ending.
process.exit();
