import { beforeAll, describe, expect, test } from 'vitest';
import { createReadyCheck, type ReadyOptions } from '../../../src/probes/ready.ts';
import { type AnsweringServer, startAnsweringServer } from '../../support/contracts/answering-server.ts';

const { signal } = new AbortController();
const check = (options: ReadyOptions) => createReadyCheck(options).isReady(signal);

describe('a ready check', () => {
  let server: AnsweringServer;

  beforeAll(async () => {
    server = await startAnsweringServer();
  });

  test.each([
    [200, true],
    [204, true],
    [302, false],
    [404, false],
    [503, false],
  ])('of HTTP: status %i', async (status, ready) => {
    const url = `${server.url}/status/${status}`;
    expect(await check({ http: url })).toEqual({ ready, why: `http ${url} answered with status ${status}` });
  });

  test.each([
    ['nobody listens', 'http://127.0.0.1:1/', 'ECONNREFUSED'],
    ['it is no URL', 'health', 'is not a URL'],
    ['it is no HTTP URL', 'ftp://127.0.0.1/', 'ftp'],
  ])('of HTTP is not ready where %s', async (_, http, why) => {
    expect(await check({ http })).toMatchObject({ ready: false, why: expect.stringContaining(why) });
  });

  test('that gets no answer is not ready after 2 s', async () => {
    expect(await check({ http: `${server.url}/hang` })).toMatchObject({
      ready: false,
      why: expect.stringContaining('no answer within 2s'),
    });
  });

  test.each([
    [['/bin/true'], true, 'exited with 0'],
    [['/bin/sh', '-c', 'echo warming up; exit 1'], false, 'exited with 1 and printed "warming up"'],
    [['/nowhere/ready'], false, 'there is no such program'],
  ])('of a command: %j', async (exec, ready, why) => {
    expect(await check({ exec })).toMatchObject({ ready, why: expect.stringContaining(why) });
  });

  test('of both needs both', async () => {
    const http = `${server.url}/status/200`;
    expect(await check({ http, exec: ['/bin/true'] })).toMatchObject({ ready: true });
    expect(await check({ http, exec: ['/bin/false'] })).toMatchObject({ ready: false });
    expect(createReadyCheck({ http, exec: ['/bin/false'] }).target).toBe(`http ${http} and exec /bin/false`);
  });

  test('of nothing is ready', async () => {
    expect((await check({})).ready).toBe(true);
  });

  test('that is cancelled rejects with the reason', async () => {
    const reason = new Error('cancelled');
    const controller = new AbortController();
    const answer = createReadyCheck({ http: `${server.url}/hang` }).isReady(controller.signal);
    controller.abort(reason);
    await expect(answer).rejects.toBe(reason);
    await expect(createReadyCheck({}).isReady(controller.signal)).rejects.toBe(reason);
  });
});
