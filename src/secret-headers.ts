import * as z from 'zod';
import { headerNameSchema, isHeaderValue } from './http-options.ts';
import { readSecret, secretFileSchema } from './secret.ts';

const secretHeader = z
  .strictObject({
    file: secretFileSchema.optional().describe('Read from the first line of this file at each request.'),
    env: z.string().min(1).optional().describe('Or from this variable of the environment.'),
    prefix: z.string().default('').describe('Put in front of it, such as `"Bearer "`.'),
  })
  .refine(({ file, env }) => (file === undefined) !== (env === undefined), 'write `file` or `env`');

/** Headers whose values are kept elsewhere, by their names. */
export const secretHeadersSchema = z.record(headerNameSchema, secretHeader);

/** What {@link secretHeadersSchema} gives. */
export type SecretHeaders = z.output<typeof secretHeadersSchema>;

/** The headers with their values. Rejects with an Error that says which secret there is not; never with the secret itself. */
export async function readSecretHeaders(sources: SecretHeaders, signal: AbortSignal): Promise<Record<string, string>> {
  const entries = Object.entries(sources).map(async ([name, { prefix, ...source }]) => {
    const value = prefix + (await readSecret(source, signal));
    if (!isHeaderValue(value))
      throw new Error(`what ${source.file ?? source.env ?? ''} holds can't be sent in a header`);
    return [name, value] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}
