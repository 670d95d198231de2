import CustomType from 'xmlrpc/lib/customtype.js';
import { DrainctlError } from '../errors.ts';

/** Deeper values are refused; it also ends on a value that holds itself. */
const maxDepth = 64;

const maxInt = 2 ** 31 - 1;
const minInt = -(2 ** 31);

/** What XML 1.0 has no way to write. https://www.w3.org/TR/xml/#charsets */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const unwritable = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/g;
const loneSurrogate = /\p{Surrogate}/gu;

/**
 * A string element. xmlrpc writes a text with `<` or `&` as CDATA and escapes only the first `]]>` in it, so that the
 * rest of the text would be taken for XML; this writes it as escaped text.
 */
class XmlText extends CustomType {
  override serialize(parent: CustomType.XmlElement): void {
    const element = parent.ele('string');
    if (this.raw !== '') element.txt(this.raw);
  }
}

/** `text` without control characters, and with U+FFFD for half a surrogate pair. */
export function xmlSafe(text: string): string {
  return text.replace(unwritable, '').replace(loneSurrogate, '\uFFFD');
}

/**
 * A copy of `value` that xmlrpc's serializer writes rightly. What XML-RPC cannot carry is refused with `INTERNAL`,
 * for it was one of our own methods or calls that made it; `where` names the value in that message.
 */
export function encodable(value: unknown, where: string, depth = 0): unknown {
  if (depth > maxDepth) throw refused(where, `is nested more than ${maxDepth} deep`);
  switch (typeof value) {
    case 'string':
      return new XmlText(xmlSafe(value));
    case 'number':
      return encodableNumber(value, where);
    case 'boolean':
      return value;
    case 'object':
      return value === null ? refuse(where, 'is null') : encodableObject(value, where, depth);
    default:
      return refuse(where, `is ${value === undefined ? 'undefined' : `a ${typeof value}`}`);
  }
}

function encodableNumber(value: number, where: string): number {
  if (!Number.isFinite(value)) throw refused(where, `is ${value}`);
  if (Number.isInteger(value) && (value > maxInt || value < minInt)) {
    throw refused(where, `is ${value}, beyond 32 bits`);
  }
  return value;
}

function encodableObject(value: object, where: string, depth: number): unknown {
  if (Array.isArray(value)) return value.map((item, index) => encodable(item, `${where}[${index}]`, depth + 1));
  if (Buffer.isBuffer(value)) return value;
  if (value instanceof Date) return encodableDate(value, where);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) throw refused(where, `is a ${value.constructor.name}`);
  const members = Object.entries(value).filter(([name]) => name !== '__proto__');
  return Object.fromEntries(
    members.map(([name, member]) => [xmlSafe(name), encodable(member, `${where}.${name}`, depth + 1)]),
  );
}

function encodableDate(value: Date, where: string): Date {
  const year = value.getFullYear();
  if (!(year >= 0 && year <= 9999)) throw refused(where, 'is a date without a year of four digits');
  return value;
}

function refuse(where: string, why: string): never {
  throw refused(where, why);
}

function refused(where: string, why: string): DrainctlError {
  return new DrainctlError('INTERNAL', `${where} ${why}; XML-RPC has no such value`, {
    hint: 'This is a bug in drainctl; please report it with the log.',
    details: { where },
  });
}
