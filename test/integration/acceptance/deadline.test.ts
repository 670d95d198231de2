import { describe, expect, test } from 'vitest';
import type { RunDocument } from '../../../src/drain/api.ts';
import {
  expectNoneFailed,
  historyOf,
  startSteadyLoad,
  statusOf,
  waitForServer,
} from '../../support/acceptance.ts';
import { request } from '../../support/http.ts';
import type { Load } from '../../support/load.ts';
import { type Stack, type StackOptions, startStack } from '../../support/stack.ts';
import { waitFor } from '../../support/wait-for.ts';

const withCookie: StackOptions = { processes: 2, haproxy: { cookie: 'SERVER' } };

/** One request of five seconds, which the cookie sends to web_00; resolves when it has got there. */
async function startLongRequest(stack: Stack): Promise<Load> {
  // A connection sends one request after another; the second one would come after the test's end.
  const load = stack.startLoad({ connections: 1, path: '/?ms=5000', headers: { cookie: 'SERVER=web_00' } });
  const before = Number((await request(`http://127.0.0.1:${stack.webPorts[0]}/load`)).body);
  void before;
  return load;
}

describe('a deadline of one second with a request of five', () => {
  test.todo('x');
});
