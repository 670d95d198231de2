import { readFile } from 'node:fs/promises';
import { configChanges, sayChanges, withFixedKeys } from '../config/changes.ts';
import type { Config } from '../config/config.ts';
import { loadConfig } from '../config/load.ts';
import { unconfiguredWarning } from '../config/unconfigured.ts';
import { onDisk } from '../disk.ts';
import type { Engine } from '../drain/engine.ts';
import { unusedEntries } from '../drain/unused-entries.ts';
import { DrainctlError, toDrainctlError } from '../errors.ts';
import type { JsonLog } from './json-log.ts';

/** A network mount whose server has gone must not hold up the sidecar. */
const readLimitMs = 5_000;

/** What a {@link Reloader} works with. */
export interface ReloaderOptions {
  readonly engine: Pick<Engine, 'config' | 'reload' | 'noteConfig' | 'world'>;
  readonly log: JsonLog;
  /** As the sidecar was started with; undefined: $DRAINCTL_CONFIG, or the default file. */
  readonly configFile: string | undefined;
  readonly env: NodeJS.ProcessEnv;
}

/** Reads the configuration anew on SIGHUP: a good one is in force for all that begins afterwards, a bad one is refused. */
export class Reloader {
  readonly #options: ReloaderOptions;
  #wanted = false;
  #busy: Promise<void> | undefined;

  constructor(options: ReloaderOptions) {
    this.#options = options;
  }

  /** Has it read. Calls that come while it is being read make for one more look at the end. Never rejects. */
  async request(): Promise<void> {
    this.#wanted = true;
    this.#busy ??= this.#work().finally(() => {
      this.#busy = undefined;
    });
    return this.#busy;
  }

  async #work(): Promise<void> {
    while (this.#wanted) {
      this.#wanted = false;
      try {
        await this.#reload();
      } catch (error) {
        this.#refuse(toDrainctlError(error));
      }
    }
  }

  async #reload(): Promise<void> {
    const { engine, configFile, env } = this.#options;
    const before = engine.config;
    // Named, so that a file which was there at the start, and has vanished, is a mistake.
    const file = before.file === '' ? configFile : before.file;
    const readAt = new Date();
    if (file !== undefined) await probeDisk(file);
    const after = loadConfig(file, { env });
    const leftBehind = engine.reload(withFixedKeys(before, after), readAt);
    this.#tell(before, after);
    if (leftBehind.length > 0) this.#warnOf(leftBehind);
  }

  #tell(before: Config, after: Config): void {
    const { engine, log } = this.#options;
    const changes = configChanges(before, after);
    if (changes.logLevel) log.setLevel(after.log.level);
    const { programs, pools, fixed } = changes;
    log.info(`configuration reloaded: ${sayChanges(changes)}`, { config: after.file, programs, pools });
    const notice = fixed.length === 0 ? '' : sayFixed(after.file, fixed);
    if (notice !== '') log.warn(notice, { keys: fixed });
    engine.noteConfig(notice);
    const { snapshot } = engine.world.seen;
    if (snapshot !== undefined) for (const unused of unusedEntries(engine.config, snapshot.infos)) log.warn(unused);
    if (after.file === '') log.warn(unconfiguredWarning);
  }

  #warnOf(leftBehind: ReturnType<Engine['reload']>): void {
    const members = leftBehind.map(({ label, pool, address }) => `${label} in ${pool} at ${address}`);
    this.#options.log.warn(
      `out of addresses that the configuration no longer has: ${members.join(', ')}. What is to go back goes back as long as this listener is not restarted`,
    );
  }

  #refuse(error: DrainctlError): void {
    const { engine, log } = this.#options;
    const kept = 'the configuration was not reloaded, and the one before stays in force';
    // Each mistake has its line, with its place in the file.
    log.error(`${kept}: ${error.toText()}`, { code: error.code, ...error.details });
    engine.noteConfig(`${kept}: ${error.message}\n${error.hint}`);
  }
}

function sayFixed(file: string, keys: readonly string[]): string {
  return `${keys.join(', ')} changed in ${file}, which needs a restart of the listener ("supervisorctl restart drain"); until then the old values hold`;
}

/** What can be read now is read at once thereafter; that it can't be is for the loader to tell. */
async function probeDisk(file: string): Promise<void> {
  const late = () =>
    new DrainctlError('CONFIG_UNREADABLE', `Can't read the configuration ${file}: the disk does not answer.`, {
      hint: `Look at it: ls -l ${file}`,
      details: { file, reason: 'ETIMEDOUT' },
    });
  await onDisk(readLimitMs, late, () => readFile(file).catch(() => undefined));
}
