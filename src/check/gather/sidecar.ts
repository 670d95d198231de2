import { existsSync } from 'node:fs';
import { DrainctlError } from '../../errors.ts';
import { readTrouble } from '../../pools/haproxy/agent-trouble.ts';
import { rpcCall } from '../../rpc/client.ts';
import { SidecarClient } from '../../sidecar/client.ts';
import { abandonable } from '../../time.ts';
import { absent, type Fact, gather, known, type Listener, type SidecarFacts } from '../facts.ts';

const methodsTimeoutMs = 5_000;

/** What the sidecar says of itself and of its pools. Absent where none is meant to run: other rules tell that. */
export function gatherSidecar(
  socket: string,
  listeners: readonly Listener[],
  supervisordAnswers: boolean,
  signal: AbortSignal,
): Promise<Fact<SidecarFacts>> {
  return gather('sidecar', signal, async () => {
    if (!existsSync(socket)) {
      if (!listeners.some(({ info }) => info.state === 'RUNNING')) return absent('no sidecar runs');
      throw notThere(socket);
    }
    const client = new SidecarClient(socket);
    const version = await abandonable(client.getVersion(), signal);
    // Where supervisord hangs, so does this; that is told elsewhere.
    const processes = supervisordAnswers ? (await abandonable(client.getStatus(), signal)).processes : [];
    const url = `unix://${socket}`;
    const methods = await rpcCall({ url }, 'system.listMethods', [], { timeoutMs: methodsTimeoutMs, signal });
    return known({
      version,
      methods: Array.isArray(methods) ? methods.map(String) : [],
      blindFor: processes.flatMap(({ name, members }) =>
        members
          .filter(({ placement }) => placement === 'unknown')
          .map(({ pool, address, text }) => ({ process: name, pool, address, why: text })),
      ),
      inTrouble: processes.flatMap(({ members }) =>
        members.flatMap(({ pool, address, member, text }) => {
          const why = readTrouble(text);
          return why === undefined ? [] : [{ pool, address, label: member, why }];
        }),
      ),
      missing: processes.flatMap(({ members }) =>
        members
          .filter(({ placement }) => placement === 'missing')
          .map(({ pool, address, member }) => ({ pool, address, label: member })),
      ),
    });
  });
}

function notThere(socket: string): DrainctlError {
  return new DrainctlError('SIDECAR_UNREACHABLE', `The listener runs, but there is no socket ${socket}.`, {
    hint: 'See its log; and see that it reads the same configuration as this command (--config).',
  });
}
