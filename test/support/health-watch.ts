import { setTimeout as delay } from 'node:timers/promises';
import { onCleanUp } from './cleanup.ts';
import { request } from './http.ts';

/** What somebody saw who asked for a health again and again. */
export interface HealthWatch {
  /** The states in their order, each once until another came: `up 200`, `draining 503`, …; `gone` where nobody answered. */
  readonly seen: readonly string[];
  stop(): Promise<void>;
}

/** Asks for a health about a hundred times a second, as load balancers together do. */
export function watchHealth(url: string): HealthWatch {
  const seen: string[] = [];
  const ending = new AbortController();
  const watching = (async () => {
    while (!ending.signal.aborted) {
      const state = await request(url).then(
        ({ status, body }) => `${body.split('\n', 1)[0]} ${status}`,
        () => 'gone',
      );
      if (seen.at(-1) !== state) seen.push(state);
      await delay(10);
    }
  })();
  const stop = async () => {
    forget();
    ending.abort();
    await watching;
  };
  const forget = onCleanUp(stop);
  return { seen, stop };
}
