import { describe, expect, test } from 'vitest';
import { judgeSilence } from '../../../src/cli/silence.ts';
import { DrainctlError } from '../../../src/errors.ts';
import type { ServiceContext } from '../../../src/systemd/service-context.ts';

const person: ServiceContext = { isStop: false, mainPid: undefined, result: '', mainEnd: '', unit: '' };
const stop: ServiceContext = { ...person, isStop: true, mainPid: 4711, result: 'success' };
const afterCrash: ServiceContext = { ...stop, mainPid: undefined, result: 'signal' };
const afterEnd: ServiceContext = { ...stop, mainPid: undefined };

const unreachable = (errno?: string) =>
  new DrainctlError('SUPERVISOR_UNREACHABLE', 'no answer', { details: errno === undefined ? {} : { errno } });
const refused = unreachable('ECONNREFUSED');
const late = unreachable();

describe('a supervisord that does not answer', () => {
  test.each([
    ['gives no answer, and systemd says that it runs', late, stop, 4711, { kind: 'hangs', pid: 4711 }],
    ['gives no answer to a person', late, person, 4711, { kind: 'hangs', pid: 4711 }],
    ['gives no answer, and nothing tells its pid', late, person, undefined, { kind: 'hangs', pid: undefined }],
    ['has too many connections waiting', unreachable('EAGAIN'), stop, 4711, { kind: 'hangs', pid: 4711 }],
    ['has lost its socket', unreachable('ENOENT'), stop, 4711, { kind: 'hangs', pid: 4711 }],
    ['refuses, and its process lives', refused, person, 4711, { kind: 'hangs', pid: 4711 }],
    ['refuses, and systemd says that it crashed', refused, afterCrash, undefined, { kind: 'crashed' }],
    ['has died since systemd began the stop', refused, stop, undefined, { kind: 'crashed' }],
    ['refuses, and systemd says that it ended well', refused, afterEnd, undefined, { kind: 'ended' }],
    [
      'refuses after a stop that failed, and it ended well',
      refused,
      { ...afterCrash, result: 'exit-code', mainEnd: 'exited, 0' },
      undefined,
      { kind: 'ended' },
    ],
    [
      'refuses after an ordinary stop, when it was killed all the same',
      refused,
      { ...afterEnd, mainEnd: 'killed, KILL' },
      undefined,
      { kind: 'crashed' },
    ],
    ['is not there at all, for a person', refused, person, undefined, { kind: 'unknown' }],
    ['may not be asked', unreachable('EACCES'), stop, 4711, { kind: 'unknown' }],
    ['refuses the password', new DrainctlError('SUPERVISOR_UNAUTHORIZED', 'no'), stop, 4711, { kind: 'unknown' }],
  ])('%s', (_, error, service, livingPid, expected) => {
    expect(judgeSilence({ error, service, livingPid })).toEqual(expected);
  });
});
