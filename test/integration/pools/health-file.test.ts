import { existsSync, lstatSync, mkdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { DrainctlError } from '../../../src/errors.ts';
import { healthFile as driver } from '../../../src/pools/health-file.ts';
import type { MemberState, Pool } from '../../../src/pools/pool.ts';
import { describePool, type PoolWorld } from '../../support/contracts/pool.ts';
import { noServices } from '../../support/doubles/driver-surroundings.ts';
import { hungMount, hungMountLacks } from '../../support/hung-mount.ts';
import { mayMount, ownDisk, setReadOnly } from '../../support/mounts.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

type Options = Readonly<Record<string, unknown>>;
type Member = { readonly file: string };
type Way = 'rename' | 'remove' | 'create';
const hangMs = 400;
const { signal } = new AbortController();
const names = ['web_00', 'web_01', 'web_02'] as const;

function open(options: Options = {}): Pool<Member> {
  const [pool] = driver.open(driver.options.parse({ settle: '1s', ...options }), noServices);
  if (pool === undefined) throw new Error('no pool');
  return pool;
}

async function stateOf(pool: Pool<Member>, file: string): Promise<MemberState> {
  const [state] = await pool.state([{ file }], signal);
  if (state === undefined) throw new Error('no state');
  return state;
}

const takeOut = (pool: Pool<Member>, file: string) =>
  pool.depool([{ member: { file }, outForMs: 0, reason: 'restart' }], signal);

async function rejection(promise: Promise<unknown>): Promise<DrainctlError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof DrainctlError) return error;
  throw new Error(`a DrainctlError was expected, not ${String(error)}`);
}

const lacks = hungMountLacks();

/** Where this machine can't have a mount that hangs, what the suite asks of one is not asked. */
function worldOf(way: Way): () => Promise<PoolWorld<Member>> {
  return async () => {
    const directory = temporaryDirectory();
    const at = (name: string): Member => ({ file: directory.file(name) });
    const set = async (file: string, isIn: boolean) => {
      await rm(`${file}.disabled`, { force: true });
      if (isIn === (way !== 'create')) await writeFile(file, '');
      else await rm(file, { force: true });
    };
    return {
      members: [at(names[0]), at(names[1]), at(names[2])],
      ...(way === 'rename' ? { unknown: at('nobody') } : {}),
      open: () => open({ depool: way }),
      ...(lacks === undefined ? hungWorld(way) : {}),
      hangMs,
      operatorActions: {
        [way]: async ({ file }) => {
          if (way === 'rename') await rename(file, `${file}.disabled`);
          else await set(file, false);
        },
      },
      async reset() {
        for (const name of names) await set(directory.file(name), true);
      },
    };
  };
}

function hungWorld(way: Way): Pick<PoolWorld<Member>, 'openUnreachable' | 'openHanging'> {
  const gone = hungMount();
  gone.disconnect();
  return {
    openUnreachable: () => below(open({ depool: way }), gone.path),
    openHanging: () => below(open({ depool: way, timeout: `${hangMs}ms` }), hungMount().path),
  };
}

/** The same pool for a member in a folder behind which nobody answers. */
function below(pool: Pool<Member>, path: string): Pool<Member> {
  return { ...pool, state: (_, limited) => pool.state([{ file: `${path}/web_00` }], limited) };
}

describePool('health_file, renamed', worldOf('rename'));
describePool('health_file, removed', worldOf('remove'));
describePool('health_file, created', worldOf('create'));

describe('the health_file pool', () => {
  test('a renamed file keeps its content and its mode', async () => {
    const file = temporaryDirectory().write('web_00', 'OK\n');
    const pool = open();
    const before = statSync(file);
    await takeOut(pool, file);
    expect(existsSync(file)).toBe(false);
    await pool.repool([{ member: { file }, before: { placement: 'in' } }], signal);
    expect(readFileSync(file, 'utf8')).toBe('OK\n');
    expect(statSync(file)).toMatchObject({ ino: before.ino, mode: before.mode });
  });

  test('where both names are there it is in, the check tells, and it can be taken out', async () => {
    const directory = temporaryDirectory();
    const file = directory.write('web_00', 'new');
    directory.write('web_00.disabled', 'old');
    const pool = open();
    expect(await stateOf(pool, file)).toMatchObject({
      placement: 'in',
      text: `${file} is there, and so is ${file}.disabled`,
    });
    expect(await pool.check?.([{ file }], signal)).toEqual([
      { message: expect.stringContaining('a leftover'), remedy: `Remove ${file}.disabled, or ${file}.` },
    ]);
    await takeOut(pool, file);
    expect((await stateOf(pool, file)).placement).toBe('out');
    expect(readFileSync(`${file}.disabled`, 'utf8')).toBe('new');
  });

  test('the suffix is an option', async () => {
    const file = temporaryDirectory().write('web_00', '');
    await takeOut(open({ suffix: '-off' }), file);
    expect(existsSync(`${file}-off`)).toBe(true);
  });

  test('a symbolic link is renamed itself, and what it leads to stays', async () => {
    const directory = temporaryDirectory();
    const target = directory.write('target', 'OK');
    const file = directory.file('web_00');
    symlinkSync(target, file);
    await takeOut(open(), file);
    expect(lstatSync(`${file}.disabled`).isSymbolicLink()).toBe(true);
    expect(readFileSync(target, 'utf8')).toBe('OK');
  });

  test('a flag that takes out says who made it and what for, and can be read by all', async () => {
    const file = temporaryDirectory().file('out');
    const umask = process.umask(0o077);
    try {
      await takeOut(open({ depool: 'create' }), file);
    } finally {
      process.umask(umask);
    }
    expect(readFileSync(file, 'utf8')).toBe('drainctl: restart\n');
    expect(statSync(file).mode & 0o777).toBe(0o644);
  });

  test('a file with content is not removed: it would come back empty', async () => {
    const file = temporaryDirectory().write('web_00', 'OK');
    const pool = open({ depool: 'remove' });
    const error = await rejection(takeOut(pool, file));
    expect([error.code, error.hint]).toEqual(['POOL_REFUSED', expect.stringContaining('depool: rename')]);
    expect(readFileSync(file, 'utf8')).toBe('OK');
    expect(await pool.check?.([{ file }], signal)).toHaveLength(1);
  });

  test.each(['rename', 'remove', 'create'] as const)('without its folder a file tells nothing (%s)', async (depool) => {
    const error = await rejection(stateOf(open({ depool }), temporaryDirectory().file('folder/web_00')));
    expect([error.code, error.hint]).toEqual(['POOL_REFUSED', expect.stringContaining('make the folder')]);
  });

  test('a folder of that name is refused', async () => {
    const file = temporaryDirectory().file('web_00');
    mkdirSync(file);
    expect((await rejection(stateOf(open(), file))).code).toBe('POOL_REFUSED');
  });

  test.skipIf(!mayMount())('a disk that may not be written is POOL_REFUSED, also in the check', async () => {
    const disk = ownDisk();
    const file = `${disk}/web_00`;
    await writeFile(file, '');
    await setReadOnly(disk, true);
    const pool = open();
    const error = await rejection(takeOut(pool, file));
    expect(error).toMatchObject({
      code: 'POOL_REFUSED',
      message: `Could not rename ${file}: the disk is read-only (EROFS).`,
    });
    expect((await stateOf(pool, file)).placement).toBe('in');
    expect(await pool.check?.([{ file }], signal)).toEqual([
      { message: expect.stringContaining('read-only'), remedy: 'Mount it writable.' },
    ]);
  });

  test('one file on a disk that hangs does not take the threads that other disks need', async ({ skip }) => {
    if (lacks !== undefined) return skip(lacks);
    const pool = open({ timeout: `${hangMs}ms` });
    const { path } = hungMount();
    const looks = Array.from({ length: 8 }, (_, index) =>
      rejection(pool.state([{ file: `${path}/${index}` }], signal)),
    );
    await writeFile(temporaryDirectory().file('journal'), 'x');
    expect((await Promise.all(looks)).map(({ code }) => code)).toEqual(looks.map(() => 'POOL_UNREACHABLE'));
  });

  test('it must be said how long the checkers need', () => {
    expect(driver.options.safeParse({}).success).toBe(false);
  });
});
