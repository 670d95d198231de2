import { validateHeaderName, validateHeaderValue } from 'node:http';
import * as z from 'zod';

/** A whole `http://` or `https://` URL, such as `example`. */
export function httpUrlSchema(example: string) {
  return z.string().refine(isHttpUrl, `write a whole URL, such as ${example}`);
}

/** A request method. */
export const httpMethodSchema = z.string().regex(/^[A-Za-z]+$/, 'write a method, such as PUT');

/** Statuses of an answer, one at least. */
export const httpStatusesSchema = z.array(z.int().min(100).max(599)).min(1);

/** The name of a header. */
export const headerNameSchema = z.string().refine(isHeaderName, 'not a header name');

/** Headers by their names. */
export const headersSchema = z.record(headerNameSchema, z.string().refine(isHeaderValue, 'not a header value'));

/** The path of a Unix socket to connect to. */
export const socketPathSchema = z.string().regex(/^\//, 'write an absolute path');

/** True for a value that HTTP can carry in a header. */
export function isHeaderValue(value: string): boolean {
  return isValid(() => validateHeaderValue('x', value));
}

function isHttpUrl(text: string): boolean {
  return URL.canParse(text) && /^https?:\/\//i.test(text);
}

function isHeaderName(name: string): boolean {
  return isValid(() => validateHeaderName(name));
}

function isValid(check: () => void): boolean {
  try {
    check();
    return true;
  } catch {
    return false;
  }
}
