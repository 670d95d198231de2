import { beforeAll, describe, expect, test } from 'vitest';
import { rawRequest } from '../../support/front/raw-http.ts';
import { startFront, type Twin } from '../../support/front/twins.ts';

describe("supervisord's web page", () => {
  let front: Twin;

  beforeAll(async () => {
    front = await startFront({ programs: () => [{ name: 'web', command: '/bin/sleep 3600', startsecs: 0 }] });
  });

  test.each([
    ['GET', '/'],
    ['GET', '/index.html'],
    ['GET', '/index.html?action=stop&processname=web'],
    ['GET', '/index.html?action=stopall'],
    ['POST', '/index.html?action=restartall'],
    ['GET', '/tail.html?processname=web'],
    ['GET', '/stylesheets/supervisor.css'],
    ['GET', '/RPC2/../index.html?action=stopall'],
    ['GET', '/%69ndex.html?action=stopall'],
    ['GET', '//index.html?action=stopall'],
    ['GET', '/logtail/../index.html?action=stopall'],
    ['GET', '/logtail/%2e%2e/index.html?action=stopall'],
    ['GET', '/mainlogtail/../index.html?action=stopall'],
  ])('%s %s is answered with 404 and a sentence, and stops nothing', async (method, path) => {
    const before = await front.supervisord.states();

    const answer = await rawRequest(front.sidecarSocket, { method, path });

    expect(answer.status).toBe(404);
    expect(answer.body.toString()).toMatch(path.startsWith('/logtail') ? /./ : /^[A-Z].*\.\n$/);
    expect(await front.supervisord.states()).toEqual(before);
  });

  test('says where to look instead', async () => {
    const { body, headers } = await rawRequest(front.sidecarSocket, { path: '/' });

    expect(body.toString()).toContain('web page');
    expect(body.toString()).toContain('drainctl status');
    expect(headers['content-type']).toMatch(/^text\/plain/);
  });
});
