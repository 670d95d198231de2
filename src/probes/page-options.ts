import { durationSchema } from '../duration-schema.ts';
import { headersSchema, httpUrlSchema, socketPathSchema } from '../http-options.ts';

/** The keys of a probe that reads a web server's page, such as `example`. */
export function pageOptions(example: string, what: string) {
  return {
    url: httpUrlSchema(example).describe(`${what}: an \`http://\` or \`https://\` URL.`),
    socket: socketPathSchema.optional().describe("A Unix socket to connect to in place of the URL's host and port."),
    headers: headersSchema.default({}).describe('Headers to send.'),
    timeout: durationSchema.prefault('2s').describe('From the connect to the last byte.'),
  };
}
