import { test } from 'vitest';
import { expectDrainedRestarts, restartsTimeoutMs } from '../../support/acceptance-pool.ts';
import { startStack } from '../../support/stack.ts';

test("drained restarts under load through HAProxy's admin socket fail no request", {
  timeout: restartsTimeoutMs,
}, async () => {
  await expectDrainedRestarts(async () => {
    const stack = await startStack({ processes: 3, peer: false });
    return Object.assign(stack, { url: stack.haproxy.url });
  }, 3);
});
