import { BlockList, isIP, isIPv4 } from 'node:net';
import { endianness } from 'node:os';

/** True for `10.0.0.7`, `10.0.0.0/24`, `::1` or `fd00::/8`. */
export function isAddressOrNetwork(text: string): boolean {
  const { address, family, bits } = parts(text);
  if (family === 0) return false;
  if (bits === undefined) return true;
  return address !== '' && /^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128);
}

/**
 * Tells of a remote address, as the kernel's tables write it, whether it is in one of these networks. An IPv4 client of
 * an IPv6 socket is taken for what it is.
 */
export function networkMatcher(networks: readonly string[]): (remoteAddress: string) => boolean {
  // One list for each family: in a common one, Node takes every IPv4 address to be in ::/0.
  const lists = { ipv4: new BlockList(), ipv6: new BlockList() };
  for (const network of networks) {
    const { address, family, bits } = parts(network);
    const type = family === 4 ? 'ipv4' : 'ipv6';
    if (bits === undefined) lists[type].addAddress(address, type);
    else lists[type].addSubnet(address, Number(bits), type);
  }
  return (remoteAddress) => {
    const address = addressText(remoteAddress);
    const type = isIPv4(address) ? 'ipv4' : 'ipv6';
    return lists[type].check(address, type);
  };
}

/**
 * `0100007F` is 127.0.0.1 where the processor is little-endian: the kernel prints each 32-bit word as a number. An
 * IPv4 address within an IPv6 one (`::ffff:127.0.0.1`) comes out as IPv4.
 */
export function addressText(hex: string, order: 'LE' | 'BE' = endianness()): string {
  const words = hex.match(/.{8}/g) ?? [];
  const bytes = words.flatMap((word) => {
    const inWord = (word.match(/../g) ?? []).map((byte) => Number.parseInt(byte, 16));
    return order === 'LE' ? inWord.reverse() : inWord;
  });
  if (bytes.length === 4) return bytes.join('.');
  if (bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 255 && bytes[11] === 255)
    return bytes.slice(12).join('.');
  const groups = Array.from({ length: 8 }, (_, index) => (bytes[2 * index] ?? 0) * 256 + (bytes[2 * index + 1] ?? 0));
  return groups.map((group) => group.toString(16)).join(':');
}

function parts(text: string): { address: string; family: number; bits: string | undefined } {
  const [address = '', ...bits] = text.split('/');
  // A zone (`fe80::1%eth0`) means nothing here, and who writes IPv4 within IPv6 (`::ffff:10.0.0.7`) means IPv4.
  const family = /%|^::ffff:.*\./i.test(address) ? 0 : isIP(address);
  return { address, family, bits: bits.length === 0 ? undefined : bits.join('/') };
}
