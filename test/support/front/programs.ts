import type { Program } from '../supervisord.ts';
import type { TemporaryDirectory } from '../temporary-directory.ts';
import { frontFixture } from './twins.ts';

const sleeper = '/bin/sleep 3600';

/** The groups of {@link everyKindOfProgram} and {@link pairSections} to drain: some of each kind, and not all. */
export const drainedGroups = ['web', 'talker', 'pair', 'broken'] as const;

/** One program for each way in which a command of supervisorctl can end. */
export function everyKindOfProgram(directory: TemporaryDirectory): Program[] {
  const shell = (name: string, ...args: string[]) => ['/bin/sh', frontFixture(name), ...args].join(' ');
  return [
    { name: 'web', command: sleeper, numprocs: 2, startsecs: 0, priority: 10 },
    {
      name: 'talker',
      command: shell('talker.sh'),
      startsecs: 0,
      stdout_logfile: directory.file('talker.out'),
      stderr_logfile: directory.file('talker.err'),
    },
    // Becomes RUNNING only after a second, so that "wait" is a wait.
    { name: 'slow', command: sleeper, startsecs: 1 },
    { name: 'manual', command: sleeper, startsecs: 0, autostart: false },
    // Not at once: supervisord may or may not see an end that comes in the very moment of the start. And not after startsecs.
    { name: 'broken', command: '/bin/sh -c "sleep 0.3; exit 1"', startsecs: 20, startretries: 0, autostart: false },
    { name: 'missing', command: '/nonexistent/program', autostart: false },
    { name: 'plain', command: directory.write('plain.txt', 'not a program\n'), autostart: false },
  ];
}

/** Programs whose output is hard to carry, by what they print. */
export const noises = ['escapes', 'nul', 'latin1', 'utf8', 'markup', 'nothing'] as const;

/** One program for each of {@link noises}, with its output in a log file. */
export function noisyPrograms(directory: TemporaryDirectory): Program[] {
  return noises.map((noise) => ({
    name: noise,
    command: `/bin/sh ${frontFixture('noise.sh')} ${noise}`,
    startsecs: 0,
    stdout_logfile: directory.file(`${noise}.out`),
  }));
}

/** A `[group:pair]` of two programs, `pair:left` and `pair:right`. */
export const pairSections = ['left', 'right']
  .map((name) => `[program:${name}]\ncommand=${sleeper}\nstartsecs=0\nstdout_logfile=NONE\nstderr_logfile=NONE\n`)
  .concat('[group:pair]\nprograms=left,right\n')
  .join('\n');
