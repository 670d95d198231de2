import { describe, expect, test } from 'vitest';
import { checksum, type FoundFile } from '../../../src/install/files.ts';
import { emptyManifest, type InstalledFile, type Manifest } from '../../../src/install/manifest.ts';
import {
  filesAfterInstall,
  filesMeanwhile,
  type PlanInput,
  planInstall,
  planUninstall,
} from '../../../src/install/plan.ts';

const wanted = { file: '/conf.d/drain.conf', role: 'listener', content: 'new' } as const;
const keepIn = '/state/replaced';

function found(content: string): FoundFile {
  return { content: Buffer.from(content), mode: 0o640, uid: 1, gid: 2 };
}

function installed(content: string, more: Partial<InstalledFile> = {}): Manifest {
  const entry: InstalledFile = { ...wanted, sha256: [checksum(content)], content, ...more };
  return { files: [entry], folders: [] };
}

function replacedBy(content: string): Pick<InstalledFile, 'replaced'> {
  const keptIn = `${keepIn}/kept`;
  return { replaced: { keptIn, sha256: checksum(content), mode: 0o640, uid: 1, gid: 2 } };
}

function input(manifest: Manifest, disk: Readonly<Record<string, string>>, force = false): PlanInput {
  return {
    manifest,
    force,
    keepIn,
    read: (file) => (disk[file] === undefined ? undefined : found(disk[file])),
  };
}

/** What an install would do. */
function plan(manifest: Manifest, disk: Readonly<Record<string, string>>, force = false) {
  return planInstall([wanted], ['listener'], input(manifest, disk, force));
}

describe('an install', () => {
  test('creates what is missing', () => {
    const { changes, refusals } = plan(emptyManifest, {});

    expect(refusals).toEqual([]);
    expect(changes).toMatchObject([{ file: wanted.file, action: 'create', after: { mode: 0o644 } }]);
  });

  test('leaves alone what is as it should be', () => {
    expect(plan(emptyManifest, { [wanted.file]: 'new' })).toEqual({ changes: [], refusals: [] });
  });

  test('does not claim a file that somebody else wrote the same', () => {
    expect(filesAfterInstall([wanted], ['listener'], [], emptyManifest)).toEqual([]);
  });

  test('brings up to date what an earlier one wrote, and keeps owner and mode', () => {
    const { changes } = plan(installed('old'), { [wanted.file]: 'old' });

    expect(changes).toMatchObject([{ action: 'update', after: { mode: 0o640, uid: 1, gid: 2 } }]);
  });

  test.each([
    ['was not written by drainctl', emptyManifest],
    ['has been changed since drainctl wrote it', installed('old')],
  ])('refuses a file that %s', (reason, manifest) => {
    const { changes, refusals } = plan(manifest, { [wanted.file]: 'theirs' });

    expect(changes).toEqual([]);
    expect(refusals).toEqual([{ file: wanted.file, reason, expected: 'new', found: 'theirs' }]);
  });

  test('by force replaces the file of somebody else, and remembers it for the uninstall', () => {
    const { changes } = plan(emptyManifest, { [wanted.file]: 'theirs' }, true);

    const keptIn = `${keepIn}/drain.conf.${checksum('theirs').slice(0, 12)}`;
    const replaced = { keptIn, sha256: checksum('theirs'), mode: 0o640, uid: 1, gid: 2 };
    expect(changes).toMatchObject([{ action: 'replace', keptIn, entry: { replaced } }]);
  });

  test('by force replaces an edit of its own file, keeps the edit, and still remembers what was there first', () => {
    const { changes } = plan(installed('old', replacedBy('first')), { [wanted.file]: 'edited' }, true);

    expect(changes).toMatchObject([
      { action: 'replace', keptIn: expect.stringContaining('drain.conf.'), entry: replacedBy('first') },
    ]);
  });

  test('takes back what an earlier one wrote elsewhere', () => {
    const manifest = installed('old', { file: '/old/drain.conf' });
    const { changes } = plan(manifest, { '/old/drain.conf': 'old' });

    expect(changes.map(({ file, action }) => [file, action])).toEqual([
      [wanted.file, 'create'],
      ['/old/drain.conf', 'remove'],
    ]);
    expect(filesAfterInstall([wanted], ['listener'], changes, manifest).map(({ file }) => file)).toEqual([wanted.file]);
  });

  test('without systemd leaves an earlier drop-in where it is', () => {
    const manifest = installed('d', { file: '/unit.d/drain.conf', role: 'drop-in' });
    const { changes } = plan(manifest, { '/unit.d/drain.conf': 'd', [wanted.file]: 'new' });

    expect(changes).toEqual([]);
    expect(filesAfterInstall([wanted], ['listener'], changes, manifest)).toEqual(manifest.files);
  });

  test.each(['old', 'new'])('that broke off knows its file by both contents: %s', (content) => {
    const { changes } = plan(installed('old'), { [wanted.file]: 'old' });
    const meanwhile = { files: filesMeanwhile(changes, installed('old')), folders: [] };

    expect(planUninstall(input(meanwhile, { [wanted.file]: content }))).toMatchObject({
      changes: [{ action: 'remove' }],
      refusals: [],
    });
  });
});

describe('an uninstall', () => {
  test('removes what was written', () => {
    expect(planUninstall(input(installed('old'), { [wanted.file]: 'old' })).changes).toMatchObject([
      { action: 'remove', after: undefined },
    ]);
  });

  test.each([
    ['the file has gone', {}],
    ['the file is there', { [wanted.file]: 'old' }],
  ])('puts back what force had replaced, with owner and mode, where %s', (_, disk) => {
    const { changes } = planUninstall(
      input(installed('old', replacedBy('first')), { ...disk, [`${keepIn}/kept`]: 'first' }),
    );

    expect(changes).toMatchObject([{ action: 'restore', after: found('first'), noLongerKept: `${keepIn}/kept` }]);
  });

  test.each([
    ['has gone', {}, {}],
    ['was put back by hand', replacedBy('first'), { [wanted.file]: 'first', [`${keepIn}/kept`]: 'first' }],
  ])('has nothing to do where the file %s', (_, replaced, disk) => {
    expect(planUninstall(input(installed('old', replaced), disk))).toEqual({ changes: [], refusals: [] });
  });

  test('refuses a file that has been changed, and shows it against what was written', () => {
    expect(planUninstall(input(installed('old'), { [wanted.file]: 'edited' })).refusals).toMatchObject([
      { reason: 'has been changed since drainctl wrote it', expected: 'old', found: 'edited' },
    ]);
  });

  test('by force removes a file that has been changed, and keeps the change', () => {
    expect(planUninstall(input(installed('old'), { [wanted.file]: 'edited' }, true)).changes).toMatchObject([
      { action: 'remove', keptIn: expect.stringContaining(keepIn) },
    ]);
  });

  test.each([{}, { [`${keepIn}/kept`]: 'damaged' }])(
    'refuses where the copy to put back is gone or damaged: %j',
    (disk) => {
      const manifest = installed('old', replacedBy('first'));

      expect(planUninstall(input(manifest, { ...disk, [wanted.file]: 'old' })).refusals).toMatchObject([
        { reason: expect.stringContaining('gone or damaged') },
      ]);
    },
  );
});
