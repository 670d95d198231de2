import { setTimeout as delay } from 'node:timers/promises';
import type { Haproxy } from '../../test/support/haproxy.ts';
import { type Stack, startStack } from '../../test/support/stack.ts';
import { waitFor } from '../../test/support/wait-for.ts';
import type { Figure } from '../figure.ts';
import { median } from '../statistics.ts';

const rounds = 11;
const atMostMs = 100;
const check = { intervalMs: 1_000, fall: 2 };

/** How soon a process that was killed gets no more requests. */
export const crashToOut: Figure = {
  name: 'crash-to-out',
  summary: `from a program's kill -9 to HAProxy showing it out, against HAProxy's own check (${check.intervalMs} ms, fall ${check.fall})`,
  async measure() {
    const byCheck = await delaysOf('ignore');
    const byUs = await delaysOf('depool');
    const against = (value: number) => ({ what: "HAProxy's own check", value });
    return [
      {
        what: `kill -9 of a program to out in HAProxy: median of ${rounds}`,
        measured: median(byUs),
        unit: 'ms',
        against: against(median(byCheck)),
        bar: { rule: 'under', atMost: atMostMs },
      },
      { what: '  max', measured: Math.max(...byUs), unit: 'ms', against: against(Math.max(...byCheck)) },
    ];
  },
};

/** The milliseconds from each kill to the moment that HAProxy shows the server as something else than UP. */
async function delaysOf(onCrash: 'depool' | 'ignore'): Promise<number[]> {
  await using stack = await startStack({
    processes: 2,
    // One that supervisord starts again at once may be back before HAProxy's check has seen it down.
    program: { autorestart: 'false' },
    haproxy: { checkIntervalMs: check.intervalMs, checkFall: check.fall },
    config: (config) => ({ ...config, defaults: { ...config.defaults, on_crash: onCrash } }),
  });
  const delays: number[] = [];
  for (let round = 0; round < rounds; round += 1) delays.push(await killAndWatch(stack, round));
  return delays;
}

async function killAndWatch(stack: Stack, round: number): Promise<number> {
  const name = stack.webNames[round % stack.webNames.length] ?? '';
  const { stdout } = await stack.supervisord.ctl(['pid', name]);
  // A different moment each time between the looks of supervisord, of the sidecar and of HAProxy.
  await delay((1_000 / rounds) * round);
  const killedAtMs = performance.now();
  process.kill(Number(stdout), 'SIGKILL');
  await waitFor(() => isOut(stack.haproxy, name.replace('web:', '')), { what: `${name} to be out`, intervalMs: 1 });
  const tookMs = performance.now() - killedAtMs;
  await waitFor(async () => (await stack.supervisord.states()).get(name) === 'EXITED', {
    what: `${name} to be EXITED`,
  });
  // Puts it back at once: one that crashes again and again is otherwise kept out for longer each time.
  await stack.drainctl(['start', name]);
  await stack.waitForHealthy();
  return tookMs;
}

async function isOut(haproxy: Haproxy, server: string): Promise<boolean> {
  return (await haproxy.serverStates()).get(server)?.startsWith('UP') === false;
}
