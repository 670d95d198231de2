import { readFileSync } from 'node:fs';

/** What HAProxy 2.6.12 printed to one command, without the empty line at the end. */
export function recordedAnswer(
  name: 'show-stat.csv' | 'show-servers-state.txt' | 'show-info.txt' | 'show-proc.txt',
): string {
  return readFileSync(new URL(`../../../fixtures/haproxy/${name}`, import.meta.url), 'utf8').trimEnd();
}
