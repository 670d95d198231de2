import { expect } from 'vitest';
import type { Machine } from './machine.ts';
import { webNames } from './services.ts';

/** Puts 40 connections of half-second requests on a machine, and resolves when each server has answered some. */
export async function startSteadyLoad(machine: Machine): Promise<void> {
  await machine.startLoad('steady');
  await machine.waitForAnswers([...webNames, 'peer']);
}

/** Ends the steady load; every single failed request is a failure of the test. */
export async function expectNoneFailed(machine: Machine, load = 'steady'): Promise<void> {
  const { failed, failures, requests, ended } = await machine.stopLoad(load);
  expect({ failed, failures, ended }).toEqual({ failed: 0, failures: [], ended: true });
  expect(requests).toBeGreaterThan(0);
}

/** Every web process was stopped once, and had nothing in flight then. */
export function expectIdleStops(machine: Machine, times = 1): void {
  const stops = machine.stops().map(({ name, inFlight }) => `${name}: ${inFlight}`);
  expect(stops.sort()).toEqual(webNames.flatMap((name) => Array.from({ length: times }, () => `${name}: 0`)).sort());
}
