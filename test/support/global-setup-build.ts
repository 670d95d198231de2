import { rmSync } from 'node:fs';
import { bundle } from '../../scripts/bundle.ts';
import { buildDirectory, buildErrorVariable, buildVariable } from './run-id.ts';

/**
 * Builds drainctl once for a run of tests, which run what its users run. It is a build of its own, not dist/, so
 * that a build or another run of tests meanwhile can't change it under the tests' feet. Sources that can't be built
 * fail the tests that run drainctl, and no others.
 */
export async function setup(): Promise<() => void> {
  // Another project of the same run may have built it already.
  if (process.env[buildVariable] !== undefined) return () => {};
  const directory = buildDirectory();
  process.env[buildVariable] = directory;
  await bundle(directory).catch((error: unknown) => {
    process.env[buildErrorVariable] = String(error);
  });
  return () => rmSync(directory, { recursive: true, force: true });
}
