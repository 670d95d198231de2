import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The environment variable that vitest's global set-up hands to its workers, so that all of one run share an id. */
export const runIdVariable = 'DRAINCTL_TEST_RUN';

/** The environment variable that holds the folder of the build under test; dist/ where it is unset. */
export const buildVariable = 'DRAINCTL_TEST_BUILD';

/** The environment variable that every process started by the harness inherits; its value is the directory it belongs to. */
export const markVariable = 'DRAINCTL_TEST_MARK';

/** The environment variable that holds why there is no build under test. */
export const buildErrorVariable = 'DRAINCTL_TEST_BUILD_ERROR';

/** The folder for the build under test of this run. */
export function buildDirectory(): string {
  return join(tmpdir(), `dctl-build-${process.env[runIdVariable] ?? process.pid}`);
}

/** What the paths of all temporary directories of this run begin with. Short: a Unix socket's path has 107 bytes at most. */
export function temporaryPrefix(): string {
  return join(tmpdir(), `dctl-${process.env[runIdVariable] ?? process.pid}-`);
}
