import { mkdirSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { file } from '../../../src/probes/file.ts';
import type { Probe } from '../../../src/probes/probe.ts';
import { describeProbe, type ProbeWorld } from '../../support/contracts/probe.ts';
import { anySubject } from '../../support/doubles/driver-surroundings.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const { signal } = new AbortController();

function open(options: Readonly<Record<string, unknown>>): Probe {
  return file.open(file.options.parse(options), anySubject);
}

/** A file with that text. */
function holding(text: string): string {
  return temporaryDirectory().write('status', text);
}

/** `write` puts a text where a probe with these options looks for the number. */
async function setUp(options: object, write: (text: string) => string): Promise<ProbeWorld> {
  const of = (text: string) => open({ path: holding(text), ...options });
  return {
    measuring: (count) => of(write(String(count))),
    broken: {
      gone: () => open({ path: '/nowhere/status', ...options }),
      rubbish: () => of(write('busy')),
      negative: () => of(write('-1')),
      NaN: () => of(write('NaN')),
      'a fraction': () => of(write('0.5')),
      'an exponent': () => of(write('1e3')),
      huge: () => of(write('9007199254740993')),
      failing: () => open({ path: '/proc/self/mem', ...options }),
      nothing: () => of(''),
      'a folder': () => open({ path: temporaryDirectory().path, ...options }),
      'too long': () => of(' '.repeat(70_000)),
      'below a file': () => open({ path: join(holding('0'), 'x'), ...options }),
      'a pipe': async () => {
        const path = temporaryDirectory().file('pipe');
        await execa('mkfifo', [path]);
        return open({ path, ...options });
      },
      'too old': () => {
        const path = holding(write('0'));
        utimesSync(path, new Date(), new Date(Date.now() - 60_000));
        return open({ path, max_age: '30s', ...options });
      },
    },
  };
}

describeProbe('file, all of it', () => setUp({}, (text) => ` ${text}\n`));
describeProbe('file with regex', () => setUp({ regex: '^busy=(\\S+)' }, (text) => `up=1\nbusy=${text}\nbusy=99`));
describeProbe(
  'file with count',
  async () => ({
    measuring(count) {
      const directory = temporaryDirectory();
      for (let index = 0; index < count; index++) directory.write(`${index}.job`, '');
      return open({ count: directory.file('*.job') });
    },
    readsText: false,
    broken: {
      gone: () => open({ count: '/nowhere/*.job' }),
      'a file in place of the folder': () => open({ count: join(holding(''), '*') }),
    },
  }),
  [0, 1, 25],
);

describe('the file probe', () => {
  test.each(['path', 'count'])('takes a missing %s for 0 only where that was said', async (key) => {
    const missing = { [key]: '/nowhere/in/flight' };
    await expect(open(missing).measure(signal)).rejects.toThrow('it does not exist');
    expect(await open({ ...missing, missing: 0 }).measure(signal)).toBe(0);
  });

  test('takes nothing else for missing', async () => {
    await expect(open({ path: holding(''), missing: 0 }).measure(signal)).rejects.toThrow('no whole number');
  });

  test('takes a file that is young enough', async () => {
    expect(await open({ path: holding('4'), max_age: '30s' }).measure(signal)).toBe(4);
  });

  test('says how old a file is', async () => {
    const path = holding('0');
    utimesSync(path, new Date(), new Date(Date.now() - 90_000));
    await expect(open({ path, max_age: '1m' }).measure(signal)).rejects.toThrow(/last written 1m3\ds.*ago, more than/);
  });

  test.each([
    ['emptied', '', 12],
    ['begun', '1', 12],
    ['overwritten', '00', 12],
  ])('waits a moment where a file was %s just now', async (_, begun, count) => {
    const path = holding(begun);
    // However late we come to read it, it was written just now.
    utimesSync(path, new Date(), new Date(Date.now() + 60_000));
    const answer = open({ path }).measure(signal);
    setTimeout(() => writeFileSync(path, String(count)), 2);
    expect(await answer).toBe(count);
  });

  test('does not know what is in a file that changes all the time', async () => {
    const path = holding('0');
    let written = 0;
    const writing = setInterval(() => {
      writeFileSync(path, String(written++));
      // However late we come to read it, it was written just now.
      utimesSync(path, new Date(), new Date(Date.now() + 60_000));
    }, 1);
    const outcome = await open({ path })
      .measure(signal)
      .catch((error: unknown) => error);
    clearInterval(writing);
    expect(String(outcome)).toContain('it changes while it is read');
  });

  test('reads a file that is replaced all the time', async () => {
    const directory = temporaryDirectory();
    const probe = open({ path: directory.write('status', '7') });
    for (let look = 0; look < 50; look++) {
      renameSync(directory.write('new', '7'), directory.file('status'));
      expect(await probe.measure(signal)).toBe(7);
    }
  });
});

describe('the file probe counts', () => {
  function spool(...paths: readonly string[]): string {
    const directory = temporaryDirectory();
    for (const path of paths) {
      mkdirSync(join(directory.path, path, '..'), { recursive: true });
      writeFileSync(directory.file(path), '');
    }
    return directory.path;
  }

  test.each([
    ['*.job', 2],
    ['*', 3],
    ['?.job', 2],
    ['[ab].job', 2],
    ['[!a].job', 1],
    ['.*', 1],
    ['a.job', 1],
    ['c.job', 0],
    ['*.{job,tmp}', 0],
  ])('%s', async (pattern, count) => {
    const folder = spool('a.job', 'b.job', 'b.tmp', '.hidden');
    expect(await open({ count: join(folder, pattern) }).measure(signal)).toBe(count);
  });

  test('through folders, without those that have none', async () => {
    const folder = spool('q1/new/a', 'q1/new/b', 'q2/new/c', 'q3/old/d', 'file');
    expect(await open({ count: join(folder, '*/new/*') }).measure(signal)).toBe(3);
  });

  test('links whose target is gone, and folders', async () => {
    const folder = spool('jobs/a');
    symlinkSync('/nowhere', join(folder, 'link'));
    expect(await open({ count: join(folder, '*') }).measure(signal)).toBe(2);
  });

  test('again what has changed', async () => {
    const folder = spool('a', 'b');
    const probe = open({ count: join(folder, '*') });
    expect(await probe.measure(signal)).toBe(2);
    rmSync(join(folder, 'a'));
    expect(await probe.measure(signal)).toBe(1);
  });
});
