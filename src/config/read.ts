import { isUtf8 } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { DrainctlError } from '../errors.ts';
import { defaultConfigFile } from './defaults.ts';
import { configInvalid, quoteSource, sourceLines } from './problems.ts';

/** Which file to read. */
export interface ConfigLocation {
  readonly file: string;
  /** True where nobody asked for this file, so that it may be missing. */
  readonly optional: boolean;
}

/** `--config FILE`, else `$DRAINCTL_CONFIG`, else {@link defaultConfigFile}. */
export function locateConfig(
  file: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
  defaultFile: string = defaultConfigFile,
): ConfigLocation {
  const asked = file ?? (env['DRAINCTL_CONFIG'] || undefined);
  return asked === undefined ? { file: defaultFile, optional: true } : { file: resolve(asked), optional: false };
}

/** The file's text; undefined where it is missing and may be. Throws `CONFIG_UNREADABLE`, or `CONFIG_INVALID` where it is no UTF-8. */
export function readConfigText({ file, optional }: ConfigLocation): string | undefined {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT' && optional) return undefined;
    throw unreadable(file, code, error);
  }
  if (!isUtf8(bytes)) throw notUtf8(file, bytes);
  return new TextDecoder().decode(bytes);
}

/** The first line of `password_file`, which is relative to the configuration's folder; or why it can't be read. */
export function readPassword(configFile: string, passwordFile: string): { password: string } | { problem: string } {
  const file = resolve(dirname(configFile), passwordFile);
  try {
    const password = readFileSync(file, 'utf8').split(/\r?\n/, 1)[0] ?? '';
    return password === '' ? { problem: `the first line of ${file} is empty` } : { password };
  } catch (error) {
    return { problem: `can't read ${file}: ${reason(errorCode(error), error)}` };
  }
}

function unreadable(file: string, code: string, cause: unknown): DrainctlError {
  const hints: Record<string, string> = {
    ENOENT: `Create it; the smallest is one line, "programs: {}". Or name another with --config or $DRAINCTL_CONFIG.`,
    EACCES: `Run as a user who may read it, or change its mode: ls -l ${file}`,
    EISDIR: 'Name the file, not its folder.',
  };
  return new DrainctlError('CONFIG_UNREADABLE', `Can't read the configuration ${file}: ${reason(code, cause)}.`, {
    hint: hints[code] ?? `Look at it: ls -l ${file}`,
    details: { file, reason: code },
    cause,
  });
}

function reason(code: string, error: unknown): string {
  const reasons: Record<string, string> = {
    ENOENT: 'there is no such file',
    EACCES: 'permission denied',
    EISDIR: 'it is a directory',
    ENOTDIR: 'part of its path is a file, not a directory',
  };
  return reasons[code] ?? (error instanceof Error ? error.message : String(error));
}

function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

function notUtf8(file: string, bytes: Buffer): DrainctlError {
  const text = bytes.toString('utf8');
  const again = Buffer.from(text);
  const offset = bytes.findIndex((byte, index) => byte !== again[index]);
  const before = bytes.toString('utf8', 0, offset).split('\n');
  const [line, column] = [before.length, (before.at(-1)?.length ?? 0) + 1];
  const byte = bytes[offset]?.toString(16);
  const message = `the file is not UTF-8 (byte 0x${byte}); save it as UTF-8`;
  return configInvalid(file, [
    { file, line, column, path: '', message, source: quoteSource(sourceLines(text), line, column, 1) },
  ]);
}
