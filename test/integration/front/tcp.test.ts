import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../../support/free-port.ts';
import { pythonCalls } from '../../support/front/python-client.ts';
import { callDocument } from '../../support/front/raw-http.ts';
import { normalisedCtl } from '../../support/front/supervisorctl.ts';
import { startFront, type Twin } from '../../support/front/twins.ts';
import { request } from '../../support/http.ts';
import { iniSection } from '../../support/ini.ts';

const username = 'operator';
const password = 'a p:ss"wörd&';
const sha = `{SHA}${createHash('sha1').update(password).digest('hex')}`;

interface TcpFront {
  readonly front: Twin;
  /** `http://127.0.0.1:PORT` of the sidecar. */
  readonly url: string;
  /** Of supervisord itself, with the same user and password. */
  readonly directUrl: string;
}

async function startTcpFront(credentials: {
  readonly username?: string;
  readonly password?: string;
}): Promise<TcpFront> {
  const [port, directPort] = [await freePort(), await freePort()];
  const front = await startFront({
    programs: () => [{ name: 'web', command: '/bin/sleep 3600', startsecs: 0 }],
    drained: ['web'],
    sidecar: { listen: `127.0.0.1:${port}`, ...credentials },
    supervisord: { extra: iniSection('inet_http_server', { port: `127.0.0.1:${directPort}`, ...credentials }) },
  });
  return { front, url: `http://127.0.0.1:${port}`, directUrl: `http://127.0.0.1:${directPort}` };
}

describe.each([
  ['in clear', password],
  ['as {SHA}', sha],
])('the TCP listener with a password %s', (_, stored) => {
  let tcp: TcpFront;

  beforeAll(async () => {
    tcp = await startTcpFront({ username, password: stored });
  });

  test.each(['status', 'restart web', 'stop nobody'])(
    'answers supervisorctl %s as supervisord does',
    async (command) => {
      const signedIn = ['-u', username, '-p', password];

      const direct = await normalisedCtl({ ...tcp.front, serverUrl: tcp.directUrl }, command, signedIn);
      const through = await normalisedCtl({ ...tcp.front, serverUrl: tcp.url }, command, signedIn);

      expect(through).toEqual(direct);
    },
  );

  test.each([
    ['no password', []],
    ['a wrong one', ['-u', username, '-p', 'wrong']],
    ['a wrong user', ['-u', 'somebody', '-p', password]],
  ])('tells supervisorctl with %s what supervisord tells it', async (_name, options) => {
    const direct = await normalisedCtl({ ...tcp.front, serverUrl: tcp.directUrl }, 'stop web', options);
    const through = await normalisedCtl({ ...tcp.front, serverUrl: tcp.url }, 'stop web', options);

    expect(through).toEqual(direct);
    expect(through.output[0]).toBe('Server requires authentication');
  });

  test.each([
    ['no credentials', undefined],
    ['a wrong password', `${username}:wrong`],
    ['the stored form of the password', `${username}:${sha}`],
    ['an empty password', `${username}:`],
    ['a wrong user', `somebody:${password}`],
    ['nothing at all', ':'],
    ['a prefix of the password', `${username}:${password.slice(0, -1)}`],
    ['more than the password', `${username}:${password}!`],
  ])('answers 401 to %s, whatever is asked for', async (_name, auth) => {
    const signIn = auth === undefined ? {} : { auth };

    const answers = await Promise.all([
      request(`${tcp.url}/RPC2`, { method: 'POST', body: callDocument('supervisor.stopAllProcesses'), ...signIn }),
      ...['/', '/logtail/web/stdout', '/mainlogtail', '/nothing'].map((path) => request(tcp.url + path, signIn)),
    ]);

    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401]);
    expect((await tcp.front.supervisord.states()).get('web:web')).toBe('RUNNING');
  });

  test('signs in with user and password in the URL of Python’s client', async () => {
    const signedIn = tcp.url.replace('://', `://${username}:${encodeURIComponent(password)}@`);
    const calls = [{ method: 'supervisor.getState' }];

    const [right] = await pythonCalls(tcp.front, calls, signedIn);
    const [wrong] = await pythonCalls(tcp.front, calls, tcp.url);

    expect(right).toContain("{'statecode': 1, 'statename': 'RUNNING'}");
    expect(wrong).toEqual(["ProtocolError 401 'Unauthorized'"]);
  });

  test('leaves the Unix socket without a password, beside it', async () => {
    const { exitStatus, output } = await normalisedCtl(tcp.front, 'restart web');

    expect({ exitStatus, output }).toEqual({ exitStatus: 0, output: ['web: stopped', 'web: started', ''] });
  });
});

test('a TCP listener on loopback needs no password, and serves beside the Unix socket', async () => {
  const { front, url } = await startTcpFront({});
  const calls = [{ method: 'supervisor.getState' }, { method: 'supervisor.stopProcess', params: ['nobody'] }];

  const [tcp, unix] = await Promise.all([pythonCalls(front, calls, url), pythonCalls(front, calls)]);

  expect(tcp).toEqual(unix);
  expect(tcp[0]).toContain("{'statecode': 1, 'statename': 'RUNNING'}");
});
