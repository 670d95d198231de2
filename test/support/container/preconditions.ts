import { statSync } from 'node:fs';
import { toolPath } from '../tools.ts';

/** Set to 1, it skips the tests that need a container. */
const skipVariable = 'DRAINCTL_SKIP_SYSTEMD';

const programs = ['systemd-nspawn', 'unshare', 'nsenter', 'mount', 'journalctl', 'supervisord', 'haproxy'];

/** Why the tests that need a container are skipped; undefined when they are not. */
export function skipReason(): string | undefined {
  return process.env[skipVariable] === '1' ? `skipped: ${skipVariable}=1` : undefined;
}

/** Why this machine can't run a container, and what to do; undefined when nothing is known to be in the way. */
export function containerProblem(): string | undefined {
  const remedy = `To go without these tests: ${skipVariable}=1`;
  if (process.getuid?.() !== 0) return `A container with a systemd of its own can only be started by root. ${remedy}`;
  const missing = programs.filter((program) => !isInstalled(program));
  if (missing.length > 0)
    return `A container with a systemd of its own needs ${missing.join(', ')}. Install with: node scripts/setup.mjs supervisord haproxy systemd-nspawn. ${remedy}`;
  if (!isCgroup2())
    return `A container with a systemd of its own needs cgroup 2 at /sys/fs/cgroup or /sys/fs/cgroup/unified. ${remedy}`;
  return undefined;
}

function isInstalled(program: string): boolean {
  try {
    return toolPath(program) !== '';
  } catch {
    return false;
  }
}

function isCgroup2(): boolean {
  return ['/sys/fs/cgroup', '/sys/fs/cgroup/unified'].some(
    (path) => statSync(`${path}/cgroup.procs`, { throwIfNoEntry: false }) !== undefined,
  );
}
