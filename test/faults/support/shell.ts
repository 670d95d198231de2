import { builtDrainctl } from '../../support/drainctl.ts';
import { type RunningProcess, startProcess } from '../../support/processes.ts';
import type { Stack } from '../../support/stack.ts';
import { toolPath } from '../../support/tools.ts';

/** drainctl as a word of a shell's command line. */
export function drainctlWord(): string {
  return `'${process.execPath}' '${builtDrainctl()}'`;
}

/** Runs a line of bash with the stack's configuration; `$drainctl` in it is the built drainctl. */
export function startShell(stack: Stack, line: string): RunningProcess {
  return startProcess(toolPath('bash'), ['-c', line.replaceAll('$drainctl', drainctlWord())], {
    mark: stack.directory.path,
    env: { DRAINCTL_CONFIG: stack.configFile },
  });
}

/**
 * Starts drainctl at a terminal of its own. `close()` of what it gives hangs up: the kernel sends SIGHUP, and what is
 * written afterwards fails.
 */
export function startAtTerminal(stack: Stack, args: readonly string[]): { readonly pid: () => number; hangUp(): void } {
  const line = `echo pid=$$; exec ${drainctlWord()} ${args.map((arg) => `'${arg}'`).join(' ')}`;
  const terminal = startProcess(toolPath('script'), ['--quiet', '--flush', '--command', line, '/dev/null'], {
    mark: stack.directory.path,
    env: { DRAINCTL_CONFIG: stack.configFile, SHELL: toolPath('bash') },
  });
  return {
    pid: () => Number(/pid=(\d+)/.exec(terminal.stdout)?.[1] ?? 0),
    hangUp: () => void terminal.kill('SIGKILL'),
  };
}
