import { poolDrivers } from '../pools/index.ts';
import { probeDrivers } from '../probes/index.ts';
import { stepDrivers } from '../steps/index.ts';
import { buildConfig } from './build.ts';
import type { Config } from './config.ts';
import { parseConfig } from './parse.ts';
import { locateConfig, readConfigText, readPassword } from './read.ts';
import type { Registries } from './registries.ts';

/** How to load a configuration. */
export interface LoadOptions {
  /** For `$DRAINCTL_CONFIG` and `%(ENV_X)s`. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Default: all drivers. */
  readonly registries?: Registries;
  /** The file that may be missing. Default: /etc/drainctl.yaml */
  readonly defaultFile?: string;
}

/** Every driver that drainctl has. */
export const registries: Registries = { pools: poolDrivers, probes: probeDrivers, steps: stepDrivers };

/**
 * The configuration in `file`, else in `$DRAINCTL_CONFIG`, else in /etc/drainctl.yaml; where that last one is missing,
 * all defaults. Throws `CONFIG_UNREADABLE`, or `CONFIG_INVALID` with every mistake in the file.
 */
export function loadConfig(file: string | undefined, options: LoadOptions): Config {
  const location = locateConfig(file, options.env, options.defaultFile);
  const known = options.registries ?? registries;
  const text = readConfigText(location);
  if (text === undefined) return buildConfig('', {}, known, {});
  return parseConfig(location.file, text, {
    env: options.env,
    registries: known,
    readPassword: (passwordFile) => readPassword(location.file, passwordFile),
  });
}
