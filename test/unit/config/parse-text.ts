import type { Config } from '../../../src/config/config.ts';
import { parseConfig } from '../../../src/config/parse.ts';
import type { Problem } from '../../../src/config/problems.ts';
import { isDrainctlError } from '../../../src/errors.ts';
import { stubRegistries } from './stub-drivers.ts';

/** The configuration in `text`, with the stub drivers. `password_file` holds `secret`, unless it is named `missing`. */
export function parseText(text: string, env: Readonly<Record<string, string>> = {}): Config {
  return parseConfig('/etc/drainctl.yaml', text, {
    env,
    registries: stubRegistries,
    readPassword: (file) => (file === 'missing' ? { problem: "can't read missing" } : { password: 'secret' }),
  });
}

/** What {@link parseText} complains of. */
export function problemsIn(text: string): { message: string; problems: Omit<Problem, 'source'>[] } {
  try {
    parseText(text);
  } catch (error) {
    if (!isDrainctlError(error, 'CONFIG_INVALID')) throw error;
    const problems = error.details['problems'] as Omit<Problem, 'source'>[]; // what CONFIG_INVALID always carries
    return { message: error.message, problems };
  }
  throw new Error('the configuration has no problems');
}
