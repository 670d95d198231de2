import { readFileSync } from 'node:fs';
import { onCleanUp } from '../cleanup.ts';
import { signalProcess } from '../marked-processes.ts';
import type { Supervisord } from '../supervisord.ts';
import { waitFor } from '../wait-for.ts';

/**
 * Sees to it that what supervisord has started ends with it when the scope ends. nginx and php-fpm write their titles over
 * their environment, and with it the mark by which they would be found otherwise.
 */
export function endProgramsWith(supervisord: Supervisord): void {
  const end = (): number[] => {
    const groups = childrenOf(supervisord.pid);
    // First, or it would start anew what is ended.
    signalProcess(supervisord.pid, 'SIGKILL');
    // supervisord makes each of its processes the leader of a group.
    for (const pid of groups) signalProcess(-pid, 'SIGKILL');
    return groups;
  };
  onCleanUp(
    async () => {
      const groups = end();
      await waitFor(() => !groups.some((pid) => signalProcess(-pid, 0)), { what: 'the end of all programs' });
    },
    () => void end(),
  );
}

function childrenOf(pid: number): number[] {
  try {
    const pids = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
    return pids.map(Number).filter((child) => child > 0);
  } catch {
    return [];
  }
}
