import { readFileSync } from 'node:fs';

/** What is on each line of a file that a helper of ours writes, one whole JSON document a line; none where there is no file. */
export function readJsonLines<T>(file: string): T[] {
  let text = '';
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return [];
  }
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T); // as: whoever writes the file writes lines of this very shape
}
