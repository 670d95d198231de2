import { beforeAll, describe, expect, test } from 'vitest';
import { http } from '../../../src/steps/http.ts';
import type { Step } from '../../../src/steps/step.ts';
import { type AnsweringServer, startAnsweringServer } from '../../support/contracts/answering-server.ts';
import { anyOccasion, describeStep } from '../../support/contracts/step.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const hangMs = 400;
const { signal } = new AbortController();

function open(options: Readonly<Record<string, unknown>>): Step {
  return http.open(http.options.parse(options), { signalProcess: async () => {} });
}

describeStep('http', async () => {
  const { url } = await startAnsweringServer();
  const at = (path: string, options = {}) => open({ url: `${url}/${path}`, timeout: '30s', ...options });
  return {
    good: () => at('status/204'),
    broken: {
      gone: () => open({ url: 'http://127.0.0.1:1/' }),
      'status 500': () => at('status/500'),
      'a redirect': () => at('status/302'),
      'a status that is not expected': () => at('status/200', { expect: [202] }),
      'cut off': () => at('cut'),
      'no secret': () => at('status/200', { secret_headers: { Authorization: { file: '/nowhere/token' } } }),
    },
    hanging: () => at('hang', { timeout: `${hangMs}ms` }),
    hangMs,
  };
});

describe('the http step', () => {
  let server: AnsweringServer;

  beforeAll(async () => {
    server = await startAnsweringServer();
  });

  test('takes a status that is expected for done', async () => {
    await open({ url: `${server.url}/status/409`, expect: [200, 409] }).perform(anyOccasion, signal);
  });

  test('sends method, headers and secrets', async () => {
    const file = temporaryDirectory().write('token', 'top secret\n');
    const step = open({
      url: `${server.url}/status/200`,
      method: 'put',
      headers: { 'X-Why': 'deploy' },
      secret_headers: { 'X-Token': { file, prefix: 'Bearer ' } },
    });

    await step.perform(anyOccasion, signal);

    expect(server.last).toMatchObject({
      method: 'PUT',
      headers: { 'x-why': 'deploy', 'x-token': 'Bearer top secret' },
    });
    expect(step.target).toBe(`http PUT ${server.url}/status/200`);
  });
});
