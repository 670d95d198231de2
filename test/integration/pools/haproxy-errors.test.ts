import { readFileSync } from 'node:fs';
import { beforeEach, describe, expect, test } from 'vitest';
import { type DrainctlError, toDrainctlError } from '../../../src/errors.ts';
import { startHaproxyWorld } from '../../support/contracts/haproxy-server.ts';
import { depool, openHaproxy, repool, stateOf } from '../../support/contracts/open-haproxy.ts';
import { startRawServer } from '../../support/contracts/raw-server.ts';
import { type Script, scriptedSocket } from '../../support/contracts/scripted-socket.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../../support/temporary-directory.ts';

const fixture = (name: string) => readFileSync(new URL(`../../fixtures/haproxy/${name}`, import.meta.url), 'utf8');
const [states, stats, info] = [fixture('show-servers-state.txt'), fixture('show-stat.csv'), fixture('show-info.txt')];

/** Answers as recorded; `set server` with `text` and an empty line. */
function recorded(text: string): Script {
  return (socket, line) => {
    const answers = line.split(';').map((command) => {
      if (command.startsWith('set server')) return text === '' ? '\n' : `${text}\n\n`;
      if (command.startsWith('show servers state')) return states;
      return command.startsWith('show stat') ? stats : info;
    });
    socket.end(answers.join(''));
  };
}

async function failure(promise: Promise<unknown>): Promise<DrainctlError> {
  return promise.then(
    () => {
      throw new Error('it did not reject');
    },
    (error: unknown) => toDrainctlError(error),
  );
}

describe('a real HAProxy', () => {
  test.each(['user', 'operator'] as const)(
    'with level %s lets itself be read, and refuses to be changed',
    async (level) => {
      const { haproxy } = await startHaproxyWorld(['web_00', 'web_01'], { level });
      const pool = openHaproxy(haproxy.socketPath);
      expect((await stateOf(pool, 'app/web_00')).placement).toBe('in');
      const error = await failure(depool(pool, ['app/web_00', 'app/web_01']));
      expect(error).toMatchObject({
        code: 'POOL_REFUSED',
        details: { members: ['app/web_00', 'app/web_01'], applied: [] },
      });
      expect(error.message).toContain('refused "set server app/web_00 state drain": Permission denied.');
      expect(error.hint).toContain('level admin');
    },
  );

  test('whose master socket was named as the address: the hint says so', async () => {
    const { masterPath } = await startHaproxyWorld(['web_00'], { masterWorker: true });
    const error = await failure(stateOf(openHaproxy(masterPath), 'app/web_00'));
    expect(error.code).toBe('POOL_REFUSED');
    expect(error.hint).toContain('"master"');
  });

  test('takes out what it knows, and the error names what it does not', async () => {
    const { haproxy } = await startHaproxyWorld(['web_00']);
    const pool = openHaproxy(haproxy.socketPath);
    const error = await failure(depool(pool, ['app/nobody', 'app/web_00', 'nosuch/x']));
    expect(error).toMatchObject({
      code: 'POOL_MEMBER_MISSING',
      details: { members: ['app/nobody', 'nosuch/x'], applied: ['app/web_00'] },
    });
    expect(error.message).toContain('does not know app/nobody');
    expect((await stateOf(pool, 'app/web_00')).placement).toBe('out');
  });

  test('is not touched when the journal holds what this driver never wrote', async () => {
    const { haproxy } = await startHaproxyWorld(['web_00']);
    const pool = openHaproxy(haproxy.socketPath);
    await depool(pool, ['app/web_00']);
    const error = await failure(repool(pool, 'app/web_00', { weight: 3 }));
    expect(error.code).toBe('POOL_REFUSED');
    expect(error.hint).toContain('set server app/web_00 state ready');
    expect((await stateOf(pool, 'app/web_00')).placement).toBe('out');
  });
});

describe('an answer of HAProxy', () => {
  let directory: TemporaryDirectory;
  const server = 'odd/plain';
  const { signal } = new AbortController();

  beforeEach(() => {
    directory = temporaryDirectory();
  });

  async function poolThat(script: Script, timeout = '30s') {
    return openHaproxy((await scriptedSocket(directory.file('s.sock'), script)).path, { timeout });
  }

  test.each([
    ['No such server.', 'POOL_MEMBER_MISSING', 'BACKEND/SERVER'],
    ['No such backend.', 'POOL_MEMBER_MISSING', 'BACKEND/SERVER'],
    ['Permission denied', 'POOL_REFUSED', 'level admin'],
    ["Require 'backend/server'.", 'POOL_REFUSED', 'BACKEND/SERVER'],
    ['Unknown command, but maybe one of the following ones is a better match:\n  quit', 'POOL_REFUSED', 'stats socket'],
    ['Proxy is disabled.', 'POOL_REFUSED', 'management guide'],
    ['Something that a later version says', 'POOL_REFUSED', 'management guide'],
  ])('%j to "set server" is an error with a remedy', async (text, code, hint) => {
    const error = await failure(depool(await poolThat(recorded(text)), [server]));
    expect(error).toMatchObject({ code, details: { members: [server] } });
    expect(error.message).toContain(text.split('\n')[0]);
    expect(error.hint).toContain(hint);
  });

  test('that says nothing is not taken for a confirmation', async () => {
    const error = await failure(depool(await poolThat(recorded('')), [server]));
    expect(error.code).toBe('POOL_REFUSED');
    expect(error.message).toContain('is not in state "drain"');
  });

  test('that stops in the middle of a line is POOL_UNREACHABLE', async () => {
    const pool = await poolThat((socket) => socket.end(states.slice(0, states.length / 2)));
    expect((await failure(stateOf(pool, server))).message).toContain('stopped in the middle of its answer');
  });

  test('that never ends is POOL_UNREACHABLE when the time is up', async () => {
    const pool = await poolThat((socket) => socket.write(states), '300ms');
    expect((await failure(stateOf(pool, server))).message).toContain('did not answer within 300ms');
  });

  test('that is the end of the connection is POOL_UNREACHABLE', async () => {
    const pool = await poolThat((socket) => socket.end());
    expect((await failure(stateOf(pool, server))).message).toContain('closed the connection without an answer');
  });

  test('that is a reset of the connection is POOL_UNREACHABLE', async () => {
    const pool = await poolThat((socket) => socket.destroy());
    expect(await failure(stateOf(pool, server))).toMatchObject({ code: 'POOL_UNREACHABLE' });
  });

  test('without statistics leaves what is in flight unknown, and the rest known', async () => {
    const pool = await poolThat((socket, line) => {
      const answer = (command: string) => (command.startsWith('show stat ') ? 'Out of memory\n\n' : undefined);
      socket.end(
        line
          .split(';')
          .map((command) => answer(command) ?? (command === 'show info' ? info : states))
          .join(''),
      );
    });
    expect(await stateOf(pool, server)).toMatchObject({
      placement: 'in',
      inFlight: undefined,
      inFlightUnknown: expect.stringContaining('statistics'),
    });
  });

  test('without a process id leaves what is in flight unknown', async () => {
    const pool = await poolThat((socket) => socket.end(`${states}${stats}Name: HAProxy\n\n`));
    expect(await stateOf(pool, server)).toMatchObject({
      inFlight: undefined,
      inFlightUnknown: expect.stringContaining('process id'),
    });
  });

  test.each([
    ['a page cut off', 'HTTP/1.1 400 Bad Request\r\n'],
    ['a page with as many empty lines as commands', 'HTTP/1.1 400 Bad Request\n\n<html>\n\n</html>\n\n'],
  ])('that is %s: it is not HAProxy', async (_, page) => {
    const pool = await poolThat((socket) => socket.end(page));
    const error = await failure(stateOf(pool, server));
    expect(error.code).toBe('POOL_REFUSED');
    expect(error.message).toContain('"HTTP/1.1 400 Bad Request"');
  });

  test('of a web server in its place is POOL_REFUSED or POOL_UNREACHABLE, never a state', async () => {
    const { port } = await startRawServer('HTTP/1.1 400 Bad Request\r\n\r\n<html>\n\n\n\n\n\n</html>\n');
    const error = await failure(openHaproxy(`tcp://127.0.0.1:${port}`).state([{ server }], signal));
    expect(error.code).toMatch(/^POOL_(REFUSED|UNREACHABLE)$/);
  });
});

describe('an address', () => {
  test.each([
    ['that is not there', (directory: TemporaryDirectory) => directory.file('nobody.sock'), 'ENOENT'],
    ['that is a file', (directory: TemporaryDirectory) => directory.write('file', ''), 'ECONNREFUSED'],
    ['where nobody listens', () => 'tcp://127.0.0.1:1', 'ECONNREFUSED'],
  ])('%s is POOL_UNREACHABLE with a hint', async (_, address, errno) => {
    const error = await failure(stateOf(openHaproxy(address(temporaryDirectory())), 'app/web_00'));
    expect(error).toMatchObject({ code: 'POOL_UNREACHABLE', details: { errno } });
    expect(error.hint).toContain('haproxy.cfg');
  });
});
