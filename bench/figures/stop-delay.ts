import { type Stack, startStack } from '../../test/support/stack.ts';
import { waitFor } from '../../test/support/wait-for.ts';
import type { Figure, Row } from '../figure.ts';
import { inFlightByServer } from '../in-flight.ts';
import { median, percentile } from '../statistics.ts';

const rounds = 5;
const processes = 4;
const quietMs = 300;
const pollMs = 100;
const marginMs = 50;

/** How soon a process that has answered its last request is stopped. */
export const stopDelay: Figure = {
  name: 'stop-delay',
  summary: 'from the last response of a process to its stop request, under 60 connections of half-second requests',
  async measure() {
    const stack = await startStack({
      processes,
      config: (config) => ({
        ...config,
        defaults: { ...config.defaults, quiet: `${quietMs}ms`, poll: `${pollMs}ms` },
      }),
    });
    const load = stack.startLoad();
    const oneByOne = await delaysOf(stack, () => run(stack, 'restart', 'web:*'));
    const sideBySide = await delaysOf(stack, async () => {
      await run(stack, 'stop', 'web:*');
      await run(stack, 'start', 'web:*');
    });
    const { failures } = await load.stop();
    if (failures.length > 0)
      throw new Error(`requests failed, so these stops were not drained: ${failures.join('; ')}`);
    return [...rowsOf('restart, one by one', oneByOne, true), ...rowsOf('stop, side by side', sideBySide, false)];
  },
};

/** The milliseconds between last response and SIGTERM of each stop that `act`, done several times, brings about. */
async function delaysOf(stack: Stack, act: () => Promise<void>): Promise<number[]> {
  const before = stack.stops().length;
  for (let round = 0; round < rounds; round++) {
    await stack.waitForHealthy();
    await everyoneAnswers(stack);
    await act();
  }
  return stack
    .stops()
    .slice(before)
    .map(({ name, at, lastAnswerAt }) => {
      if (lastAnswerAt === undefined) throw new Error(`${name} was stopped before it had answered anything`);
      return at - lastAnswerAt;
    });
}

/** Waits until each process works on requests: only then has it a last response of its own. */
async function everyoneAnswers(stack: Stack): Promise<void> {
  await waitFor(
    async () => {
      const inFlight = await inFlightByServer(stack.haproxy);
      return stack.webNames.every((name) => (inFlight.get(name.replace('web:', '')) ?? 0) > 0);
    },
    { what: 'requests on every process' },
  );
}

async function run(stack: Stack, ...args: readonly string[]): Promise<void> {
  const { exitCode, stdout, stderr } = await stack.drainctl(args);
  if (exitCode !== 0) throw new Error(`drainctl ${args.join(' ')}: exit ${exitCode}: ${stdout}${stderr}`);
}

/**
 * The bar is on the 95th percentile: the worst of all tells, where the machine has other work, how long that took. It
 * is on processes that fall idle alone: where several do at the same moment, all but the first wait for their turn,
 * because processes are stopped one at a time.
 */
function rowsOf(how: string, delays: readonly number[], hasBar: boolean): Row[] {
  const against = { what: 'quiet + poll', value: quietMs + pollMs };
  const bar = { rule: `+ ${marginMs} ms`, atMost: against.value + marginMs };
  const what = `last response to stop, ${how}: 95 % of ${delays.length}`;
  return [
    { what, measured: percentile(delays, 0.95), unit: 'ms', against, ...(hasBar ? { bar } : {}) },
    { what: '  median', measured: median(delays), unit: 'ms', against },
    { what: '  max', measured: Math.max(...delays), unit: 'ms', against },
  ];
}
