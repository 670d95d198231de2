import { readFile, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Config } from '../../config/config.ts';
import { parseConfigDocument } from '../../config/document.ts';
import { absent, type ConfigFile, type Fact, type FactTypes, type FileMode, known } from '../facts.ts';
import { modeOf, withDisk } from './files.ts';

const noFile = absent('there is no configuration file; everything is default');

/** drainctl's own configuration file, its mode and what is secret in it. */
export async function gatherConfigFile(config: Config): Promise<Fact<ConfigFile>> {
  const { file } = config;
  const mode = file === '' ? undefined : await modeOf(file);
  if (mode === undefined) return noFile;
  const text = await withDisk(file, () => readFile(file, 'utf8'));
  const found = secretsIn(parseConfigDocument(file, text).value, '');
  const files = await Promise.all(found.files.map((path) => modeOf(resolve(dirname(file), path))));
  return known({ ...mode, secrets: found.keys, secretFiles: files.filter((each) => each !== undefined) });
}

/** When the file was last changed. */
export async function gatherChangedAt(config: Config): Promise<Fact<FactTypes['configChangedAtMs']>> {
  if (config.file === '') return known(0);
  return known((await withDisk(config.file, () => stat(config.file))).mtimeMs);
}

const secretName = /(^|_)(password|token|secret)$/;

interface Secrets {
  readonly keys: readonly string[];
  readonly files: readonly string[];
}

/** Keys that hold a password in clear, and files that one is taken from: `password`, `token_file`. */
function secretsIn(value: unknown, path: string): Secrets {
  if (typeof value !== 'object' || value === null) return { keys: [], files: [] };
  const all = Object.entries(value).map(([key, item]: [string, unknown]): Secrets => {
    const here = path === '' ? key : `${path}.${key}`;
    if (typeof item !== 'string') return secretsIn(item, here);
    return {
      keys: secretName.test(key) ? [here] : [],
      files: key.endsWith('_file') && secretName.test(key.slice(0, -'_file'.length)) ? [item] : [],
    };
  });
  return { keys: all.flatMap(({ keys }) => keys), files: all.flatMap(({ files }) => files) };
}

/** The mode of a Unix socket. */
export async function gatherSocket(path: string | undefined, why: string): Promise<Fact<FileMode>> {
  const mode = path === undefined ? undefined : await modeOf(path);
  return mode === undefined ? absent(why) : known(mode);
}
