import { defineConfig } from 'vitest/config';

const leaks = './test/support/global-setup-leaks.ts';
const build = './test/support/global-setup-build.ts';

/** `npm run soak`: every fault at every step, which takes hours in all. */
const faultTimeoutMs = process.env['DRAINCTL_SOAK'] === '1' ? 3 * 3_600_000 : 120_000;

export default defineConfig({
  test: {
    // Most integration tests wait for servers; more workers than the two cores of a CI machine keep these busy.
    maxWorkers: 4,
    coverage: { provider: 'v8', include: ['src/**'] },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts', 'test/*.test.ts'],
          // Part of the fault suite, which prints its seeds and has it in the soak.
          exclude: ['test/unit/**/*.fuzz.test.ts'],
          setupFiles: ['./test/support/setup-file.ts'],
          globalSetup: [leaks],
          testTimeout: 30_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          setupFiles: ['./test/support/setup-file.ts'],
          globalSetup: [leaks, build],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'faults',
          include: ['test/faults/**/*.test.ts', 'test/unit/**/*.fuzz.test.ts'],
          setupFiles: ['./test/support/setup-file.ts'],
          globalSetup: [leaks, build, './test/support/global-setup-figures.ts'],
          testTimeout: faultTimeoutMs,
          hookTimeout: faultTimeoutMs,
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          // After the others, and two at a time: each of these boots a whole machine.
          sequence: { groupOrder: 1 },
          maxWorkers: 2,
          include: ['test/e2e/**/*.test.ts'],
          setupFiles: ['./test/support/setup-file.ts', './test/support/container/setup-file.ts'],
          globalSetup: [leaks, build, './test/support/global-setup-systemd.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
});
