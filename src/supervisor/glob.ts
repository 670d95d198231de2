import { type Dirent, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import picomatch from 'picomatch';

/**
 * The paths that match a pattern, sorted. The rules are those of Python's glob, which supervisord includes files by:
 * `*`, `?` and `[…]` within one part of the path, hidden files only where the pattern's part begins with a dot, nothing
 * for a folder that is not there.
 *
 * @param pattern an absolute path
 */
export function findFiles(pattern: string): string[] {
  let found = ['/'];
  for (const part of pattern.split('/').filter((each) => each !== '')) {
    found = hasWildcard(part)
      ? found.flatMap((folder) => matchingNames(folder, part).map((name) => join(folder, name)))
      : found.map((folder) => join(folder, part));
  }
  return found.filter((path) => hasWildcard(pattern) || existsSync(path)).sort();
}

/** True for text with `*`, `?` or `[…]` in it. */
export function hasWildcard(text: string): boolean {
  return /[*?[]/.test(text);
}

/** True where a pattern's last part takes a file of that name. */
export function takesName(lastPart: string, name: string): boolean {
  if (!hasWildcard(lastPart)) return lastPart === name;
  return picomatch(lastPart, { nobrace: true, noextglob: true, noglobstar: true, nonegate: true })(name);
}

function matchingNames(folder: string, part: string): string[] {
  return list(folder)
    .map(({ name }) => name)
    .filter((name) => takesName(part, name));
}

function list(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException; // as: what fs throws
    if (code === 'ENOENT' || code === 'ENOTDIR') return [];
    throw error;
  }
}
