#!/usr/bin/env node
import { runCommandLine } from './cli/run.ts';

process.exitCode = await runCommandLine({
  args: process.argv.slice(2),
  env: process.env,
  stdout: process.stdout,
  stderr: process.stderr,
});
// Whatever is still open (a timer, a connection to a pool that hangs) must not keep the command from ending.
process.exit();
