#!/usr/bin/env node
import { runCommandLine } from './cli/run.ts';

// A reader that goes away (`| head`, a closed terminal) must not end a shutdown half-way.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

process.exitCode = await runCommandLine({
  args: process.argv.slice(2),
  env: process.env,
  stdout: process.stdout,
  stderr: process.stderr,
});
// Whatever is still open (a timer, a connection to a pool that hangs) must not keep the command from ending.
process.exit();
