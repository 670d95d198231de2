import { beforeEach, describe, expect, test } from 'vitest';
import { Journal } from '../../../src/drain/journal.ts';
import { putBackStale } from '../../../src/drain/stale.ts';
import { type RecordingLog, recordingLog } from '../../support/doubles/recording-log.ts';
import { refused } from '../../support/doubles/script.ts';
import { ScriptedPool } from '../../support/doubles/scripted-pool.ts';
import { target } from '../../support/doubles/targets.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { entry } from './journal-entries.ts';

let pool: ScriptedPool;
let journal: Journal;
let log: RecordingLog;

beforeEach(() => {
  pool = new ScriptedPool({ servers: ['app/web_00', 'app/web_01'], isOnlyOurs: true });
  log = recordingLog();
  journal = new Journal(temporaryDirectory().path, log);
});

const web = () => [target('web:web_00', [pool]), target('web:web_01', [pool])];

const run = () => putBackStale(web(), { journal, log }, new AbortController().signal);

describe('what is out without an entry where only drainctl takes anything out', () => {
  test('goes back, and that is told', async () => {
    pool.server('app/web_01').placement = 'out';

    await run();

    expect(pool.namesOf('in')).toEqual(['app/web_00', 'app/web_01']);
    expect(log.messages('warn')).toEqual([expect.stringContaining('app/web_01 at pool-a was out without an entry')]);
  });

  test('stays where the journal has it', async () => {
    pool.server('app/web_00').placement = 'out';
    await journal.record(entry('web:web_00'));

    await run();

    expect(pool.namesOf('out')).toEqual(['app/web_00']);
  });

  test('stays where it was taken out while the pool was asked', async () => {
    pool.scripts.state = async () => {
      await journal.record(entry('web:web_00'));
      pool.server('app/web_00').placement = 'out';
    };

    await run();

    expect(pool.namesOf('out')).toEqual(['app/web_00']);
  });

  test('is told where it could not be put back, and the others go on', async () => {
    for (const server of pool.servers.values()) server.placement = 'out';
    pool.scripts.repool = (subject, signal) => (subject === 'app/web_00' ? refused(subject, signal) : undefined);

    await run();

    expect(pool.namesOf('out')).toEqual(['app/web_00']);
    expect(log.messages('warn').sort()).toEqual([
      expect.stringContaining('app/web_00 at pool-a is out without an entry'),
      expect.stringContaining('app/web_01 at pool-a was out without an entry'),
    ]);
  });
});
