import type { DrainApi } from '../../../src/drain/api.ts';
import { silentLog } from '../../../src/log.ts';
import { createRpcServer } from '../../../src/rpc/server.ts';
import { withSystemMethods } from '../../../src/rpc/system-methods.ts';
import { drainMethods } from '../../../src/sidecar/api-methods.ts';
import { onCleanUp } from '../cleanup.ts';
import { temporaryDirectory } from '../temporary-directory.ts';

/** Serves an API on a socket as the sidecar does, until the test ends; resolves with the socket's path. */
export async function serveApi(api: DrainApi): Promise<string> {
  const socket = temporaryDirectory().file('sidecar.sock');
  const server = createRpcServer({ methods: withSystemMethods(drainMethods(api)), log: silentLog });
  await server.listen({ path: socket, mode: 0o700 });
  onCleanUp(() => server.close(0));
  return socket;
}
