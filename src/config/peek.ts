import { parseDocument } from 'yaml';
import { defaultSocket } from './defaults.ts';
import { isMap, type Keys } from './raw.ts';
import { locateConfig, readConfigText, readPassword } from './read.ts';
import { maxAliasCount, shapeProblem } from './yaml-shape.ts';

/** As much of the configuration as a command needs that only talks to the sidecar, or else to supervisord. */
export interface PeekedConfig {
  /** Empty where there is no file. */
  readonly file: string;
  readonly socket: string;
  readonly supervisor: {
    readonly url: string | undefined;
    readonly username: string | undefined;
    readonly password: string | undefined;
  };
}

/**
 * Reads `sidecar.socket` and `supervisor` alone, without the schema, whose loading takes longer than the whole rest of
 * a `drainctl status`. Undefined where anything is odd: `loadConfig` then tells what.
 */
export function peekConfig(
  file: string | undefined,
  options: { readonly env: Readonly<Record<string, string | undefined>>; readonly defaultFile?: string },
): PeekedConfig | undefined {
  const location = locateConfig(file, options.env, options.defaultFile);
  try {
    const text = readConfigText(location);
    if (text === undefined) return peeked('', {}, {}, undefined);
    const document = parseDocument(text, { merge: true, prettyErrors: false });
    if (document.errors.length + document.warnings.length > 0 || shapeProblem(document) !== undefined) return undefined;
    const root: unknown = document.toJS({ maxAliasCount });
    const sidecar = section(root, 'sidecar');
    const supervisor = section(root, 'supervisor');
    if (sidecar === undefined || supervisor === undefined) return undefined;
    const passwordFile = supervisor['password_file'];
    const fromFile =
      typeof passwordFile === 'string' ? readPassword(location.file, passwordFile) : { password: undefined };
    return 'problem' in fromFile ? undefined : peeked(location.file, sidecar, supervisor, fromFile.password);
  } catch {
    // Whatever it was, loadConfig meets it again and says where it is.
    return undefined;
  }
}

function peeked(file: string, sidecar: Keys, supervisor: Keys, password: string | undefined): PeekedConfig | undefined {
  const texts = [sidecar['socket'], supervisor['url'], supervisor['username'], supervisor['password']];
  if (!texts.every(isTextOrAbsent)) return undefined;
  const [socket = defaultSocket, url, username, plainPassword] = texts;
  return { file, socket, supervisor: { url, username, password: plainPassword ?? password } };
}

function isTextOrAbsent(value: unknown): value is string | undefined {
  return value === undefined || (typeof value === 'string' && value !== '');
}

/** A top-level map; an empty one where it is absent, undefined where it or the file is no map. */
function section(root: unknown, name: string): Keys | undefined {
  if (!isMap(root)) return undefined;
  const value = root[name];
  if (value === undefined) return {};
  return isMap(value) ? value : undefined;
}
