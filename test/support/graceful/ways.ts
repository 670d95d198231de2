import type { RunningProcess } from '../processes.ts';

/** One way to stop a server while a download is under way. */
export interface Way {
  readonly title: string;
  /** By supervisord's own stop signal; else by a step, and supervisord's is TERM. */
  readonly bySignal: boolean;
  /** The keys of its program in drainctl's configuration, with the step that stops it gracefully. */
  program(step: object): object;
  /** True once it has been told to end, or the drain waits for the download: only then does the download go on. */
  isUnderWay(restart: RunningProcess, state: string | undefined): boolean;
  readonly exitCode: number;
}

const pause = { step: 'pause', for: '40s' };

/** By the name of the program in supervisord. */
export const ways: Readonly<Record<string, Way>> = {
  drained: {
    title: 'drained, and only then sent its stop signal',
    bySignal: true,
    program: () => ({ deadline: '60s' }),
    isUnderWay: ({ stderr }) => stderr.includes('draining: 1 in flight'),
    exitCode: 0,
  },
  signalled: {
    title: 'sent its stop signal when the deadline has passed',
    bySignal: true,
    program: () => ({ deadline: '1s' }),
    isUnderWay: (_, state) => state === 'STOPPING',
    // What was in flight at the stop signal counts as cut off: nobody can see how the program dealt with it.
    exitCode: 3,
  },
  before: {
    title: 'ended by a step of before_stop',
    bySignal: false,
    program: (step) => ({ deadline: '60s', before_stop: [step] }),
    isUnderWay: ({ stderr }) => stderr.includes('draining: '),
    exitCode: 0,
  },
  after: {
    title: 'ended by a step of after_drain when the deadline has passed',
    bySignal: false,
    program: (step) => ({ deadline: '1s', after_drain: [step, pause] }),
    isUnderWay: ({ stderr }) => stderr.includes('after_drain 2 of 2: pause'),
    exitCode: 0,
  },
};
