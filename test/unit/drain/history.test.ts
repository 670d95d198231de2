import { appendFileSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { History } from '../../../src/drain/history.ts';
import { silentLog } from '../../../src/log.ts';
import { runDocument } from '../../support/doubles/documents.ts';
import { recordingLog } from '../../support/doubles/recording-log.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const run = (id: string) => runDocument({ id });

const ids = async (history: History, limit = 100) => (await history.latest(limit)).map(({ id }) => id);

describe('the history', () => {
  test('is empty where nothing was written', async () => {
    expect(await ids(new History(temporaryDirectory().path, silentLog))).toEqual([]);
  });

  test('has the latest run first, and no more than are wanted', async () => {
    const history = new History(temporaryDirectory().path, silentLog);
    for (const id of ['one', 'two', 'three']) await history.append(run(id));

    expect(await ids(history, 2)).toEqual(['three', 'two']);
  });

  test('survives its writer, and is for its owner only', async () => {
    const dir = temporaryDirectory();
    await new History(dir.path, silentLog).append(run('one'));

    expect(await ids(new History(dir.path, silentLog))).toEqual(['one']);
    expect(statSync(dir.file('history.jsonl')).mode & 0o777).toBe(0o600);
  });

  test('has a run of a drainctl that wrote no occasion', async () => {
    const dir = temporaryDirectory();
    const { occasion: _, ...earlier } = run('one');
    dir.write('history.jsonl', `${JSON.stringify(earlier)}\n`);

    expect(await new History(dir.path, silentLog).latest(1)).toEqual([run('one')]);
  });

  test('makes its folder', async () => {
    const history = new History(temporaryDirectory().file('a/b'), silentLog);

    await history.append(run('one'));

    expect(await ids(history)).toEqual(['one']);
  });

  test('passes over a last line that was torn by a power loss', async () => {
    const dir = temporaryDirectory();
    const history = new History(dir.path, silentLog);
    await history.append(run('one'));
    appendFileSync(dir.file('history.jsonl'), '{"id":"torn","acti');

    expect(await ids(history)).toEqual(['one']);
  });

  test('does not lose the run that comes after a torn line', async () => {
    const dir = temporaryDirectory();
    const history = new History(dir.path, silentLog);
    await history.append(run('one'));
    appendFileSync(dir.file('history.jsonl'), '{"id":"torn","acti');

    await history.append(run('two'));

    expect(await ids(history)).toEqual(['two', 'one']);
  });

  test.each(['null', '42', '[]', '{"id":1,"processes":[]}', '{"id":"x"}'])(
    'passes over a line that is no run: %s',
    async (line) => {
      const dir = temporaryDirectory();
      writeFileSync(dir.file('history.jsonl'), `${line}\n${JSON.stringify(run('one'))}\n`);

      expect(await ids(new History(dir.path, silentLog))).toEqual(['one']);
    },
  );

  test('is trimmed to the latest runs when it has grown long', async () => {
    const dir = temporaryDirectory();
    const old = Array.from({ length: 1_000 }, (_, index) => `${JSON.stringify(run(`old-${index}`))}\n`);
    writeFileSync(dir.file('history.jsonl'), old.join(''));
    const history = new History(dir.path, silentLog);

    await history.append(run('new'));

    const kept = await ids(history, 10_000);
    expect(kept).toHaveLength(501);
    expect(kept.slice(0, 2)).toEqual(['new', 'old-999']);
    expect(readFileSync(dir.file('history.jsonl'), 'utf8').endsWith('}\n')).toBe(true);
  });

  test('that can not be written is no failure, and the log says so', async () => {
    const log = recordingLog();
    const history = new History(temporaryDirectory().write('file', ''), log);

    await history.append(run('one'));

    expect(log.messages('warn')).toEqual([expect.stringContaining("can't be written")]);
  });
});
