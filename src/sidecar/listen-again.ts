import { backoffMs } from '../backoff.ts';
import { toDrainctlError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { RpcServer } from '../rpc/http-server.ts';
import type { RpcListenAddress } from '../rpc/listen-address.ts';
import { sleep } from '../time.ts';

const pauses = { firstMs: 500, longestMs: 5_000 };

/**
 * Makes a server listen, again and again until its address can be had or `signal` is aborted: nothing that the sidecar
 * serves may keep it from holding the gate. `what` is served, in the plural, for the log; the same reason is told once.
 */
export async function listenAgain(
  server: Pick<RpcServer, 'listen'>,
  findAddress: () => RpcListenAddress | Promise<RpcListenAddress>,
  what: string,
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  let told = '';
  for (let attempt = 0; !signal.aborted; attempt += 1) {
    try {
      log.info(`${what} are served at ${await server.listen(await findAddress())}`);
      return;
    } catch (error) {
      const why = toDrainctlError(error).toText();
      if (why !== told) log.error(`${what} are not served, and it is tried again: ${why}`);
      told = why;
      await sleep(backoffMs(attempt, pauses), signal).catch(() => {});
    }
  }
}
