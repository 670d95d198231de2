import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import picomatch from 'picomatch';

/**
 * How many files match a pattern: `*`, `?` and `[…]` within one part of the path, hidden files only where the part begins
 * with a dot. What has gone by the time that it is looked into does not match. Rejects with the system's error where the
 * folder above the first wildcard is missing, or any folder may not be read: nobody knows what is in it.
 *
 * @param pattern an absolute path
 */
export async function countFiles(pattern: string): Promise<number> {
  const parts = pattern.split('/').filter((part) => part !== '');
  const last = parts.pop() ?? '';
  const firstWildcard = parts.findIndex(hasWildcard);
  const plain = firstWildcard === -1 ? parts : parts.slice(0, firstWildcard);
  const above = `/${plain.join('/')}`;
  let folders: readonly Listing[] = [{ folder: above, names: await readdir(above) }];
  for (const part of parts.slice(plain.length)) folders = await listAll(matches(folders, part));
  return matches(folders, last).length;
}

interface Listing {
  readonly folder: string;
  readonly names: readonly string[];
}

/** The paths in these folders whose name matches. */
function matches(listings: readonly Listing[], part: string): string[] {
  const takes = picomatch(part, { nobrace: true, noextglob: true, noglobstar: true, nonegate: true });
  return listings.flatMap(({ folder, names }) => names.filter((name) => takes(name)).map((name) => join(folder, name)));
}

async function listAll(paths: readonly string[]): Promise<Listing[]> {
  const listings = await Promise.all(paths.map(listIfFolder));
  return listings.filter((listing) => listing !== undefined);
}

async function listIfFolder(folder: string): Promise<Listing | undefined> {
  try {
    return { folder, names: await readdir(folder) };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException; // as: what fs rejects with
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}

function hasWildcard(part: string): boolean {
  return /[*?[]/.test(part);
}
