import { expect, test } from 'vitest';
import { forgetGate, markGateHeld, wasGateHeld } from '../../../src/sidecar/gate-mark.ts';
import { bootClockMs } from '../../../src/time.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const hourMs = 3_600_000;

async function held(): Promise<string> {
  const { path } = temporaryDirectory();
  await markGateHeld(path);
  return path;
}

test('a gate that was held since the standby was started has been held, whenever the sidecar was started', async () => {
  const sinceMs = bootClockMs();

  expect(await wasGateHeld(await held(), sinceMs)).toBe(true);
});

test('one that was held before the standby was started, before a reload, is no answer', async () => {
  expect(await wasGateHeld(await held(), bootClockMs() + hourMs)).toBe(false);
});

test('one that was held before the sidecar was started anew is no answer', async () => {
  const stateDir = await held();

  await forgetGate(stateDir);

  expect(await wasGateHeld(stateDir, 0)).toBe(false);
});

test.each([
  ['of another boot', JSON.stringify({ boot: 'c2a0e1f4', heldAtMs: bootClockMs() + hourMs })],
  ['of no boot', JSON.stringify({ heldAtMs: bootClockMs() + hourMs })],
  ['that is cut off', '{"boot":"c2a0'],
  ['that is no object', 'null'],
  ['that is empty', ''],
])('a note %s is no answer', async (_, text) => {
  const directory = temporaryDirectory();
  directory.write('gate.json', text);

  expect(await wasGateHeld(directory.path, 0)).toBe(false);
});

test('where it can neither be written nor read, nobody has held it', async () => {
  const stateDir = temporaryDirectory().write('a-file', '');

  await markGateHeld(stateDir);
  await forgetGate(stateDir);

  expect(await wasGateHeld(stateDir, 0)).toBe(false);
});
