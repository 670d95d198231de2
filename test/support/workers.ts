import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Program } from './supervisord.ts';
import type { TemporaryDirectory } from './temporary-directory.ts';
import { waitFor } from './wait-for.ts';

/** Workers that take jobs from folders of their own; see test/fixtures/workers/worker.py. */
export interface Workers {
  /** `worker:worker_00`, … */
  readonly names: readonly string[];
  /** The section of supervisord that runs them. */
  readonly program: Program;
  /** Exits with 0 while this worker is idle, 1 while it works on a job, for the probe exec; expansions of drainctl. */
  readonly idleCommand: readonly string[];
  /** Puts jobs into a worker's folder. */
  add(name: string, jobs: number): void;
  /** How many of its jobs wait, are worked on (or were cut off), are done. */
  jobs(name: string): { readonly waiting: number; readonly working: number; readonly done: number };
  /** Waits until all have their signal handlers. */
  waitUntilReady(): Promise<void>;
}

const script = fileURLToPath(new URL('../fixtures/workers/worker.py', import.meta.url));

/** Says how to run so many workers; nothing is started yet. */
export function workersIn(directory: TemporaryDirectory, count: number, args: readonly string[] = []): Workers {
  const numbers = Array.from({ length: count }, (_, index) => String(index).padStart(2, '0'));
  const folder = (name: string) => directory.file(`jobs-${name.slice(-2)}`);
  const added = new Map<string, number>();
  for (const number of numbers) mkdirSync(directory.file(`jobs-${number}`), { recursive: true });
  return {
    names: numbers.map((number) => `worker:worker_${number}`),
    program: {
      name: 'worker',
      numprocs: count,
      process_name: '%(program_name)s_%(process_num)02d',
      command: [
        ...['/usr/bin/python3', '-SE', script],
        ...['jobs', 'busy'].map((name) => directory.file(`${name}-%(process_num)02d`)),
        ...args,
      ].join(' '),
    },
    idleCommand: ['/usr/bin/test', '!', '-e', directory.file('busy-%(process_num)02d')],
    add(name, jobs) {
      const first = added.get(name) ?? 0;
      added.set(name, first + jobs);
      for (let job = first; job < first + jobs; job++)
        directory.write(`jobs-${name.slice(-2)}/${String(job).padStart(6, '0')}.job`, '');
    },
    jobs(name) {
      const files = readdirSync(folder(name));
      const ending = (suffix: string) => files.filter((file) => file.endsWith(suffix)).length;
      return { waiting: ending('.job'), working: ending('.working'), done: ending('.done') };
    },
    async waitUntilReady() {
      const isReady = () => numbers.every((number) => existsSync(directory.file(`busy-${number}.ready`)));
      await waitFor(isReady, { what: 'the workers to have their handlers' });
    },
  };
}
