import { exec } from './exec.ts';
import { http } from './http.ts';
import { pause } from './pause.ts';
import { signal } from './signal.ts';
import type { StepDriver } from './step.ts';

const drivers: readonly StepDriver[] = [exec, http, signal, pause];

/** Every step by its name in YAML (`step: exec`). A new step's file is added here by hand. */
export const stepDrivers: ReadonlyMap<string, StepDriver> = new Map(drivers.map((driver) => [driver.name, driver]));
