import { fstatSync, openSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { isJournalStream, readServiceContext, unitOfCgroup } from '../../../src/systemd/service-context.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

describe('the service that a command runs in', () => {
  test('is stopping in order', () => {
    const env = { MAINPID: '4711', SERVICE_RESULT: 'success', INVOCATION_ID: 'f00' };

    expect(readServiceContext(env, '0::/system.slice/supervisor.service\n')).toEqual({
      isStop: true,
      mainPid: 4711,
      result: 'success',
      mainEnd: '',
      unit: 'supervisor.service',
    });
  });

  test('has crashed', () => {
    const env = { SERVICE_RESULT: 'signal', EXIT_CODE: 'killed', EXIT_STATUS: 'KILL', INVOCATION_ID: 'f00' };

    expect(readServiceContext(env, '0::/system.slice/supervisor.service\n')).toMatchObject({
      isStop: true,
      mainPid: undefined,
      result: 'signal',
      mainEnd: 'killed, KILL',
    });
  });

  test('is none for a person', () => {
    expect(readServiceContext({}, '0::/user.slice/user-0.slice/session-1.scope\n')).toEqual({
      isStop: false,
      mainPid: undefined,
      result: '',
      mainEnd: '',
      unit: '',
    });
  });

  test.each(['0', '-1', 'x', '1.5'])('has no main process of the id %s', (MAINPID) => {
    expect(readServiceContext({ MAINPID }, '').mainPid).toBeUndefined();
  });
});

describe('the unit of a control group', () => {
  test.each([
    ['version 2', '0::/system.slice/supervisor.service\n', 'supervisor.service'],
    ['one of its own below', '0::/system.slice/supervisor.service/.control\n', 'supervisor.service'],
    ['version 1', '2:cpu:/\n1:name=systemd:/system.slice/supervisord.service\n', 'supervisord.service'],
    ['both versions', '1:name=systemd:/system.slice/a.service\n0::/system.slice/a.service\n', 'a.service'],
    [
      'both versions mounted, one used',
      '9:name=systemd:/\n1:cpu:/x.service\n0::/system.slice/a.service\n',
      'a.service',
    ],
    ['a template', '0::/system.slice/system-web.slice/web@1.service\n', 'web@1.service'],
    ['no service', '0::/init.scope\n', ''],
    ['nothing', '', ''],
  ])('%s', (_, text, expected) => {
    expect(unitOfCgroup(text)).toBe(expected);
  });
});

describe('a stream', () => {
  const file = temporaryDirectory().write('stream', '');
  const descriptor = openSync(file, 'r');
  const { dev, ino } = fstatSync(descriptor);

  test('is the journal where $JOURNAL_STREAM names it', () => {
    expect(isJournalStream({ JOURNAL_STREAM: `${dev}:${ino}` }, descriptor)).toBe(true);
  });

  test.each([undefined, '', `${dev}:${ino + 1}`, 'x'])('is not where it is %s', (JOURNAL_STREAM) => {
    expect(isJournalStream(JOURNAL_STREAM === undefined ? {} : { JOURNAL_STREAM }, descriptor)).toBe(false);
  });

  test('is not where the descriptor is closed', () => {
    expect(isJournalStream({ JOURNAL_STREAM: '1:1' }, 9_999)).toBe(false);
  });
});
