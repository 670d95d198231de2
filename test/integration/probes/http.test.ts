import { beforeAll, describe, expect, test } from 'vitest';
import { http } from '../../../src/probes/http.ts';
import type { Probe } from '../../../src/probes/probe.ts';
import { type AnsweringServer, startAnsweringServer } from '../../support/contracts/answering-server.ts';
import { describeProbe, type ProbeWorld } from '../../support/contracts/probe.ts';
import { startRawServer } from '../../support/contracts/raw-server.ts';
import { anySubject } from '../../support/doubles/driver-surroundings.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const hangMs = 400;

function open(options: Readonly<Record<string, unknown>>): Probe {
  return http.open(http.options.parse(options), anySubject);
}

/** `write` puts a text where the probe with these options looks for the number. */
async function setUp(options: Readonly<Record<string, unknown>>, write: (text: string) => string): Promise<ProbeWorld> {
  const { url } = await startAnsweringServer();
  const raw = await startRawServer('hello\r\n\r\n');
  const at = (path: string, timeout = '30s') => open({ url: `${url}/${path}`, timeout, ...options });
  const say = (text: string) => at(`say/${encodeURIComponent(text)}`);
  return {
    measuring: (count) => say(write(String(count))),
    broken: {
      gone: () => open({ url: 'http://127.0.0.1:1/', ...options }),
      rubbish: () => say('<html>busy=many "active": many</html>'),
      negative: () => say(write('-1')),
      NaN: () => say(write('NaN')),
      'a fraction': () => say(write('1.5')),
      'an exponent': () => say(write('1e-3')),
      huge: () => say(write('9007199254740993')),
      failing: () => at('status/500'),
      nothing: () => say(''),
      'a redirect': () => at('status/302'),
      'no content': () => at('status/204'),
      'too long': () => at('big'),
      'cut off': () => at('cut'),
      'a reset': () => at('reset'),
      'not HTTP': () => open({ url: `http://127.0.0.1:${raw.port}/`, ...options }),
    },
    hanging: () => at('hang', `${hangMs}ms`),
    hangMs,
  };
}

describeProbe('http, the body', () => setUp({}, (text) => ` ${text}\n`));
describeProbe('http with json', () =>
  setUp({ json: '/requests/0/active' }, (text) => `{"requests":[{"active":${text}}]}`),
);
describeProbe('http with regex', () => setUp({ regex: '^busy=(\\S+)' }, (text) => `up=1\nbusy=${text}\nbusy=99`));

describe('the http probe', () => {
  let server: AnsweringServer;
  const { signal } = new AbortController();

  beforeAll(async () => {
    server = await startAnsweringServer();
  });

  test.each([
    ['1', 0],
    ['0', 0],
    ['5', 4],
  ])('takes off what is to be subtracted from %s, never below 0', async (text, count) => {
    expect(await open({ url: `${server.url}/say/${text}`, subtract: 1 }).measure(signal)).toBe(count);
  });

  test('sends method and headers, on a connection of its own', async () => {
    await open({ url: `${server.url}/say/1`, method: 'POST', headers: { 'X-Token': 'secret' } }).measure(signal);
    expect(server.last).toMatchObject({ method: 'POST', headers: { 'x-token': 'secret', connection: 'close' } });
  });

  test('asks on a Unix socket', async () => {
    const path = temporaryDirectory().file('app.sock');
    const { url } = await startAnsweringServer(path);
    const probe = open({ url: `${url}/say/7`, socket: path });
    expect(await probe.measure(signal)).toBe(7);
    expect(probe.target).toBe(`http http://localhost/say/7 at ${path}`);
  });

  test('a name with several addresses, none of which answers, is told with its code', async () => {
    await expect(open({ url: 'http://localhost:1/' }).measure(signal)).rejects.toThrow('ECONNREFUSED');
  });

  test('HTTPS of an unknown issuer is PROBE_FAILED', async () => {
    const probe = open({ url: server.url.replace('http:', 'https:') });
    await expect(probe.measure(signal)).rejects.toMatchObject({ code: 'PROBE_FAILED' });
  });

  test('shows no password and no query in messages', async () => {
    const probe = open({ url: `${server.url.replace('//', '//me:secret@')}/status/500?token=secret` });
    await expect(probe.measure(signal)).rejects.toThrow(/^(?!.*secret)/);
  });
});
