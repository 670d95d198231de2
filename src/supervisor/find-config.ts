import { existsSync, readFileSync, readlinkSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { DrainctlError } from '../errors.ts';

/** How a supervisord was started, or would be. */
export interface SupervisordStart {
  /** Its command line; an interpreter may stand before it. */
  readonly argv: readonly string[];
  /** What relative paths are relative to. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** How supervisord starts where nothing says otherwise. */
export const plainStart: SupervisordStart = { argv: ['/usr/bin/supervisord'], folder: '/', env: process.env };

/**
 * How the supervisord of this process id was started, by /proc. Undefined where it can't be told: another machine's
 * process id, another program, no permission.
 */
export function supervisordStartOf(pid: number, proc = '/proc'): SupervisordStart | undefined {
  const folder = join(proc, String(pid));
  try {
    const argv = readZeroTerminated(join(folder, 'cmdline'));
    if (programIndex(argv) === undefined) return undefined;
    return { argv, folder: readlinkSync(join(folder, 'cwd')), env: environmentOf(join(folder, 'environ')) };
  } catch {
    return undefined;
  }
}

function readZeroTerminated(file: string): string[] {
  return readFileSync(file, 'utf8').replace(/\0$/, '').split('\0');
}

function environmentOf(file: string): Record<string, string> {
  const pairs = readZeroTerminated(file).map((text): [string, string] => {
    const [name = '', ...value] = text.split('=');
    return [name, value.join('=')];
  });
  return Object.fromEntries(pairs);
}

/** Where in a command line the program is that has supervisord's options: `python3 /usr/bin/supervisord -n`. */
function programIndex(argv: readonly string[]): number | undefined {
  const index = argv.findIndex((arg) => basename(arg).startsWith('supervisor'));
  return index < 0 ? undefined : index;
}

/**
 * The main configuration file of a supervisord: the one that its command line names, else the first of those that it
 * looks for. http://supervisord.org/configuration.html#configuration-file
 *
 * @throws DrainctlError `SUPERVISOR_CONFIG` where there is none
 */
export function findSupervisordConfig(
  start: SupervisordStart = plainStart,
  exists: (path: string) => boolean = existsSync,
): string {
  const program = programIndex(start.argv) ?? 0;
  const named = configurationArgument(start.argv.slice(program + 1));
  if (named !== undefined) return resolve(start.folder, named);
  const above = dirname(dirname(resolve(start.folder, start.argv[program] ?? '')));
  const places = [
    join(above, 'etc/supervisord.conf'),
    join(above, 'supervisord.conf'),
    join(start.folder, 'supervisord.conf'),
    join(start.folder, 'etc/supervisord.conf'),
    '/etc/supervisord.conf',
    '/etc/supervisor/supervisord.conf',
  ];
  const found = places.find(exists);
  if (found !== undefined) return found;
  throw new DrainctlError('SUPERVISOR_CONFIG', 'No configuration of supervisord was found.', {
    hint: `Install supervisor, or start it so that it can be asked. Looked for ${[...new Set(places)].join(', ')}.`,
    details: { places },
  });
}

/** supervisord's short options that take a value: a bundle of letters ends at the first of them. */
const shortWithValue = 'cumdlyzejiqa';

/** The value of `-c FILE`, `-cFILE`, `-nc FILE`, `--configuration FILE`, `--conf=FILE`; the last one where there are several. */
function configurationArgument(args: readonly string[]): string | undefined {
  let found: string | undefined;
  for (let index = 0; index < args.length; index++) {
    const option = readOption(args[index] ?? '');
    if (option === undefined) continue;
    const value = option.value ?? args[++index];
    if (option.isConfiguration) found = value;
  }
  return found;
}

/** An option that takes a value; `value` is undefined where the next argument is it. */
interface ValueOption {
  readonly isConfiguration: boolean;
  readonly value: string | undefined;
}

function readOption(arg: string): ValueOption | undefined {
  const long = /^--([a-z_]+)(?:=(.*))?$/s.exec(arg);
  if (long !== null) {
    const [, name = '', value] = long;
    if (flags.has(name)) return undefined;
    // getopt takes any beginning that is not ambiguous; "c" and "ch" are `childlogdir` too.
    return { isConfiguration: 'configuration'.startsWith(name), value };
  }
  if (!arg.startsWith('-')) return undefined;
  const letters = arg.slice(1);
  const at = [...letters].findIndex((letter) => shortWithValue.includes(letter));
  if (at < 0) return undefined;
  return { isConfiguration: letters[at] === 'c', value: letters.slice(at + 1) || undefined };
}

const flags: ReadonlySet<string> = new Set(['nodaemon', 'nocleanup', 'silent', 'strip_ansi', 'help', 'version']);
