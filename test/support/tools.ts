import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Where servers live even when a user's PATH leaves it out. */
const systemDirectories = ['/usr/local/sbin', '/usr/sbin', '/sbin', '/usr/bin', '/bin'];

/** The full path of a program on PATH or in a system directory. */
export function toolPath(name: string): string {
  const directories = [...(process.env['PATH'] ?? '').split(delimiter), ...systemDirectories];
  const found = directories.map((directory) => join(directory, name)).find((path) => existsSync(path));
  if (found === undefined) throw new Error(`${name} is not installed; run: node scripts/setup.mjs supervisor haproxy`);
  return found;
}
