import { statSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { makeFolder } from '../../src/disk.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

describe('making a folder', () => {
  test('makes those above it too, for the owner alone', async () => {
    const dir = temporaryDirectory();

    await makeFolder(dir.file('a/b/c'));

    expect(statSync(dir.file('a/b/c')).mode & 0o777).toBe(0o700);
  });

  test('that is there already is no error', async () => {
    await expect(makeFolder(temporaryDirectory().path)).resolves.toBeUndefined();
  });

  test('where none can be made ends with the reason', async () => {
    await expect(makeFolder('/proc/nope/state')).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('below a file ends with the reason', async () => {
    const file = temporaryDirectory().write('file', '');

    await expect(makeFolder(`${file}/state`)).rejects.toMatchObject({ code: 'ENOTDIR' });
  });
});
