import { readdir, rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { syncFolder } from '../disk.ts';

const mark = '.damaged-';

/** Gives a damaged file another name, for a person to read, and resolves with that; with '' where the disk refuses. */
export async function setAside(file: string): Promise<string> {
  const aside = `${file}${mark}${new Date().toISOString().replaceAll(':', '')}`;
  try {
    await rename(file, aside);
    await syncFolder(dirname(file));
    return aside;
  } catch {
    return '';
  }
}

/** The damaged files that were set aside for `file` and are still there, the latest first. Never rejects. */
export async function setAsideOf(file: string): Promise<readonly string[]> {
  const dir = dirname(file);
  const names = await readdir(dir).catch(() => []);
  const ours = names.filter((name) => name.startsWith(`${basename(file)}${mark}`));
  return ours
    .sort()
    .reverse()
    .map((name) => join(dir, name));
}
