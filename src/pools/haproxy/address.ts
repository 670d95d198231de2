import * as z from 'zod';
import { parseSocketAddress, type SocketAddress, socketAddressForm } from '../../socket-address.ts';

export { parseSocketAddress, type SocketAddress };

/** An address in the configuration: text in, {@link SocketAddress} out. */
export const socketAddressSchema = z.string().transform((text, context) => {
  const address = parseSocketAddress(text);
  if (address !== undefined) return address;
  context.addIssue(`"${text}" is not the address of a HAProxy socket: ${socketAddressForm}`);
  return z.NEVER;
});
