import { get } from 'node:http';
import { onCleanUp } from '../../support/cleanup.ts';
import { request } from '../../support/http.ts';
import { waitFor } from '../../support/wait-for.ts';

/** A request that a process of the harness works on for as long as the test lasts. */
export interface HeldRequest {
  /** Why it ended, which it never should before the test does; undefined while it is in flight. */
  readonly endedBy: string | undefined;
}

/** Longer than any test. */
const workMs = 3_600_000;

/** Sends the web process on this port such a request, and resolves when it is in flight. */
export async function holdRequest(port: number): Promise<HeldRequest> {
  let endedBy: string | undefined;
  const end = (why: string) => {
    endedBy ??= why;
  };
  const outgoing = get(`http://127.0.0.1:${port}/?ms=${workMs}`, { agent: false }, (response) => {
    end(`status ${response.statusCode}`);
    response.resume();
  });
  outgoing.on('error', (error) => end(error.message));
  onCleanUp(() => {
    outgoing.destroy();
  });
  await waitFor(async () => (await inFlightAt(port)) === 1, { what: `the held request on port ${port}` });
  return {
    get endedBy() {
      return endedBy;
    },
  };
}

/** What the web process on this port itself says that it has in flight. */
export async function inFlightAt(port: number): Promise<number> {
  return Number((await request(`http://127.0.0.1:${port}/load`)).body);
}
