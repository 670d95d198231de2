import { parseHostPort } from './addresses.ts';
import { valueAt } from './issues.ts';
import type { Finding } from './problems.ts';
import { entriesOf } from './raw.ts';

/** Finds pools whose `agent` is an address at which the sidecar answers something else. */
export function checkAgentPorts(root: unknown): Finding[] {
  const taken = new Map<string, string>();
  for (const key of ['listen', 'http']) take(taken, valueAt(root, ['sidecar', key]), `sidecar.${key}`);
  return entriesOf(root, 'pools').flatMap(([name, { agent }]) => {
    const other = take(taken, agent, `pool "${name}"`);
    if (other === undefined) return [];
    const message = `is the address of ${other}; give it another port${other.startsWith('pool') ? ', or make one pool of the two' : ''}`;
    return [{ path: ['pools', name, 'agent'], message }];
  });
}

/** Whose the address is already; where it is nobody's, it is `owner`'s from now on. */
function take(taken: Map<string, string>, address: unknown, owner: string): string | undefined {
  const parsed = typeof address === 'string' ? parseHostPort(address) : undefined;
  if (parsed === undefined) return undefined;
  const key = `${parsed.host}:${parsed.port}`;
  const other = taken.get(key);
  if (other === undefined) taken.set(key, owner);
  return other;
}
