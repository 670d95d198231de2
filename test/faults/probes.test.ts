import { beforeAll, expect, test } from 'vitest';
import { exitCodeOf, waitForServerOut, waitForStep } from '../support/acceptance.ts';
import { pidOf } from '../support/damage.ts';
import { figure, inSoak, scale } from './support/figures.ts';
import { holdRequest, inFlightAt } from './support/held-request.ts';
import {
  type ProbedStack,
  type ProbeFault,
  type ProbeKind,
  probeKinds,
  startProbedStack,
} from './support/probed-stack.ts';

const row = 'Probe hangs, fails, prints rubbish, flaps';

/** How long a run may take past its deadline of a second, on a machine that is busy with other tests. */
const graceMs = 20_000;

/** In the short form: what fails in another way than the others, or is 0 to a lenient reader. */
const inShortForm = [
  'http: hangs',
  'http: flaps 0-1-0-1',
  'http: says hexadecimal',
  'exec: leaves a child that holds its output',
  'file: holds Arabic digits',
  'prometheus: says NaN',
  'several: one of three hangs',
];

const cutKinds = scale<readonly ProbeKind[]>(['http'], probeKinds);

let probed: ProbedStack;

beforeAll(async () => {
  probed = await startProbedStack(cutKinds);
});

/** What is wrong with how a run with `on_deadline: hold` met this fault; undefined: nothing is. */
async function wrongWith({ kind, says }: ProbeFault, action: string, port: number): Promise<object | undefined> {
  const { stack, holding } = probed;
  const { exitCode, stdout, ms } = await stack.drainctl([action, holding(kind).name, '--deadline', '1s']);
  const inFlight = await inFlightAt(port);
  const isHeld = exitCode === 4 && inFlight === 1 && says.test(stdout) && ms < 1_000 + graceMs;
  return isHeld ? undefined : { exitCode, inFlight, stdout, ms };
}

test('on_deadline: hold: a probe that fails is never taken for drained, and the message says which and why', {
  timeout: 600_000,
}, async () => {
  const { stack, holding, faults } = probed;
  const chosen = faults.filter(({ kind, name }) => inSoak || inShortForm.includes(`${kind}: ${name}`));
  const processes = probeKinds.map(holding);
  const requests = await Promise.all(processes.map(({ port }) => holdRequest(port)));
  const pids = await Promise.all(processes.map(({ name }) => pidOf(stack, name)));
  const wrong: object[] = [];

  for (const [index, fault] of chosen.entries()) {
    fault.begin();
    const what = await wrongWith(fault, index % 2 === 0 ? 'restart' : 'stop', holding(fault.kind).port);
    if (what !== undefined) wrong.push({ probe: fault.kind, name: fault.name, ...what });
  }

  expect(wrong).toEqual([]);
  expect(chosen).toHaveLength(inSoak ? faults.length : inShortForm.length);
  expect(await Promise.all(processes.map(({ name }) => pidOf(stack, name)))).toEqual(pids);
  expect(requests.map(({ endedBy }) => endedBy)).toEqual(processes.map(() => undefined));
  expect(stack.stops()).toEqual([]);
  figure(row, 'ways to fail; held, exit 4', chosen.length);
});

test('what was held goes back when a person says so', async () => {
  const { stack } = probed;

  const { exitCode, stderr } = await stack.drainctl(['pool', 'all']);

  expect(exitCode, stderr).toBe(0);
  await stack.haproxy.waitForUp();
});

test.each(cutKinds)('on_deadline: stop: a %s probe that fails is counted as an unknown cut, exit 3', async (kind) => {
  const { stack, cutting, faults } = probed;
  const { name, server, port } = cutting(kind);
  const request = await holdRequest(port);
  const fault = faults.find((each) => each.kind === kind);
  fault?.begin();

  const { exitCode, stdout, ms } = await stack.drainctl(['restart', name, '--deadline', '1s', '--json']);

  expect(exitCode, stdout).toBe(3);
  const document = JSON.parse(stdout);
  expect(document).toMatchObject({ outcome: 'cut', cut: -1, processes: [{ outcome: 'cut', in_flight_at_stop: -1 }] });
  expect(document.message).toMatch(fault?.says ?? /a fault of this kind/);
  expect(stack.stops().filter((stop) => stop.name === server)).toMatchObject([{ inFlight: 1 }]);
  expect(request.endedBy).toMatch(/hang up/);
  await stack.haproxy.waitForUp([server]);
  figure(row, `${kind}, on_deadline: stop; cut unknown, exit 3, ms`, Math.round(ms));
});

test('a probe that recovers within the deadline: drained then, and not before', async () => {
  const { stack, holding, faults } = probed;
  const { name, server } = holding('prometheus');
  faults.find(({ kind }) => kind === 'prometheus')?.begin();
  const stopsOf = () => stack.stops().filter((stop) => stop.name === server);
  const restart = stack.spawnDrainctl(['restart', name]);
  await waitForServerOut(stack.haproxy, server);
  await waitForStep(restart, /in flight unknown.*no answer within 1s/);

  const stopsBefore = stopsOf();
  probed.say(0);

  expect(await exitCodeOf(restart)).toBe(0);
  expect(stopsBefore).toEqual([]);
  expect(stopsOf()).toHaveLength(1);
  await stack.haproxy.waitForUp([server]);
  figure(row, 'recovers within the deadline; drained then, exit', 0);
});
