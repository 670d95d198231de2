import type { SidecarConfig } from '../../config/config.ts';
import { isSidecarUrl } from '../../config/own-address.ts';
import { DrainctlError } from '../../errors.ts';
import type { RpcEndpoint } from '../../rpc/rpc.ts';
import type { AddressSource } from '../../supervisor/address.ts';

/** On every request that a front passes on; its value is that front's own. */
export const loopHeader = 'x-drainctl-front';

/** Throws `CONFIG_INVALID` where what is taken for supervisord's address is the sidecar's own. */
export function refuseOwnAddress(endpoint: RpcEndpoint, source: AddressSource, sidecar: SidecarConfig): void {
  if (isSidecarUrl(endpoint.url, sidecar)) throw talksToItself(endpoint.url, source);
}

/** What a front says to a request that has come back to it. */
export function talksToItself(url: string, source?: AddressSource): DrainctlError {
  const from = source === 'environment' ? ' (from $SUPERVISOR_SERVER_URL)' : '';
  return new DrainctlError('CONFIG_INVALID', `${url}${from} is the sidecar's own address, not supervisord's.`, {
    hint: 'Set supervisor.url to the address in [unix_http_server] or [inet_http_server] of the configuration of supervisord.',
    details: { url },
  });
}
