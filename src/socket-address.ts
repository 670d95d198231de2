import * as z from 'zod';

/** Where a server listens that is spoken to over a plain socket. */
export type SocketAddress =
  | { readonly kind: 'unix'; readonly label: string; readonly path: string }
  | { readonly kind: 'tcp'; readonly label: string; readonly host: string; readonly port: number };

/** How {@link parseSocketAddress} wants an address, for messages. */
export const socketAddressForm = 'write /path/to.sock, unix:///path/to.sock or tcp://HOST:PORT';

/** The socket that `text` names; its label is the one spelling used in messages and the journal. Undefined: not an address. */
export function parseSocketAddress(text: string): SocketAddress | undefined {
  const path = text.startsWith('unix://') ? text.slice('unix://'.length) : text;
  if (path.startsWith('/')) return { kind: 'unix', label: path, path };
  const match = /^tcp:\/\/(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+):(\d{1,5})\/?$/.exec(text);
  if (match === null) return undefined;
  const [, host = '', port = ''] = match;
  if (Number(port) < 1 || Number(port) > 65_535) return undefined;
  return { kind: 'tcp', label: `tcp://${host}:${Number(port)}`, host: host.replace(/[[\]]/g, ''), port: Number(port) };
}

/** An address in the configuration: text in, {@link SocketAddress} out. */
export const streamAddressSchema = z.string().transform((text, context) => {
  const address = parseSocketAddress(text);
  if (address !== undefined) return address;
  context.addIssue(`"${text}" is not the address of a socket: ${socketAddressForm}`);
  return z.NEVER;
});
