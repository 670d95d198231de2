import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import { withTimeout } from './time.ts';

/** Where a secret is kept. */
export interface SecretSource {
  readonly file?: string | undefined;
  /** The name of a variable of our own environment. */
  readonly env?: string | undefined;
}

/** The path of a file that holds a secret, or a certificate. */
export const secretFileSchema = z.string().regex(/^\//, 'write an absolute path');

const diskLimitMs = 2_000;

/**
 * The secret, without the space around it. It is read at each use, because tools that rotate secrets write their files
 * anew. Rejects with an Error that says why there is none; never with the secret itself.
 */
export async function readSecret({ file, env }: SecretSource, signal: AbortSignal): Promise<string> {
  if (file === undefined) {
    const value = process.env[env ?? '']?.trim() ?? '';
    if (value === '') throw new Error(`the environment variable ${env ?? ''} is not set`);
    return value;
  }
  const text = (await readSmallFile(file, signal)).trim();
  if (text === '') throw new Error(`${file} is empty`);
  if (/[\r\n]/.test(text)) throw new Error(`${file} has more than one line`);
  return text;
}

/** A whole file as text. Rejects with an Error that says why in a few words. */
export async function readSmallFile(file: string, signal: AbortSignal): Promise<string> {
  const late = () => new Error(`the disk did not give ${file} within ${diskLimitMs / 1_000} s`);
  try {
    return await withTimeout(diskLimitMs, signal, late, (limited) =>
      readFile(file, { encoding: 'utf8', signal: limited }),
    );
  } catch (error) {
    signal.throwIfAborted();
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT') throw new Error(`there is no file ${file}`, { cause: error });
    if (code === 'EACCES') throw new Error(`${file} may not be read (permission denied)`, { cause: error });
    throw error;
  }
}
