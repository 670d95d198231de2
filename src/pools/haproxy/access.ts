import type { PoolProblem } from '../pool.ts';
import type { CommandSocket } from './socket.ts';

/**
 * Tells whether a socket may change servers. `set server` without a server needs `level admin` as every `set server`
 * does, and changes nothing; `show cli level` says which level it is. Management guide, 9.3.
 */
export async function accessProblem(socket: CommandSocket, signal: AbortSignal): Promise<readonly PoolProblem[]> {
  const [level = '', attempt = ''] = await socket.ask(['show cli level', 'set server'], signal);
  if (!attempt.startsWith('Permission denied')) return [];
  const has = /^(operator|user)$/.test(level.trim()) ? `"level ${level.trim()}"` : 'no "level admin"';
  return [
    {
      message: `The socket has ${has}: HAProxy answers every change with "Permission denied", so nothing can be depooled there.`,
      remedy: 'Write "level admin" in its "stats socket" line of haproxy.cfg, then: systemctl reload haproxy',
    },
  ];
}
