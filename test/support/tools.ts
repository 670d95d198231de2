import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Where servers live even when a user's PATH leaves it out. */
const systemDirectories = ['/usr/local/sbin', '/usr/sbin', '/sbin', '/usr/bin', '/bin'];

/** The full path of a program on PATH or in a system directory. */
export function toolPath(name: string): string {
  const found = findTool(name);
  if (found === undefined) throw new Error(`${name} is not installed; run: node scripts/setup.mjs ${name}`);
  return found;
}

/** False where a test that needs this program is to be skipped; in CI, which skips none, always true. */
export function canRun(name: string): boolean {
  return findTool(name) !== undefined || process.env['CI'] !== undefined;
}

function findTool(name: string): string | undefined {
  const directories = [...(process.env['PATH'] ?? '').split(delimiter), ...systemDirectories];
  return directories.map((directory) => join(directory, name)).find((path) => existsSync(path));
}
