import { readFileSync } from 'node:fs';

/** Put in by scripts/build.mjs; not there when the sources run unbundled, as under vitest and tsx. */
declare const __DRAINCTL_VERSION__: string | undefined;

/** drainctl's version, as in package.json: `1.2.3`. */
export const version: string = typeof __DRAINCTL_VERSION__ === 'string' ? __DRAINCTL_VERSION__ : packageVersion();

function packageVersion(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  // Our own package.json: npm refuses to pack one without a version.
  return (JSON.parse(text) as { version: string }).version;
}
