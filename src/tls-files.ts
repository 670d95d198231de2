import * as z from 'zod';
import type { TlsMaterial } from './http-request.ts';
import { readSmallFile, secretFileSchema } from './secret.ts';

/** What TLS is made with, as files of PEM. */
export const tlsSchema = z
  .strictObject({
    ca_file: secretFileSchema.optional().describe("Certificates to trust, in place of the system's."),
    cert_file: secretFileSchema.optional().describe('Our own certificate, where the server asks for one.'),
    key_file: secretFileSchema.optional().describe('Its key.'),
  })
  .refine(({ cert_file: cert, key_file: key }) => (cert === undefined) === (key === undefined), {
    path: ['cert_file'],
    error: '`cert_file` and `key_file` go together',
  });

/** Paths of PEM files. */
export type TlsFiles = z.output<typeof tlsSchema>;

/** Reads the files anew, because certificates are renewed. Rejects with an Error that says why it can't. */
export async function readTls(files: TlsFiles | undefined, signal: AbortSignal): Promise<TlsMaterial | undefined> {
  if (files === undefined) return undefined;
  const read = async (file: string | undefined) => (file === undefined ? undefined : readSmallFile(file, signal));
  const [ca, cert, key] = await Promise.all([read(files.ca_file), read(files.cert_file), read(files.key_file)]);
  return { ca, cert, key };
}
