import { defaultConfigFile } from '../../config/defaults.ts';
import { unusedPrograms } from '../../config/match.ts';
import { countedBy, type Target } from '../../drain/target.ts';
import { sayDuration } from '../../drain/wording.ts';
import type { FileMode, ResolvedProcess } from '../facts.ts';
import { octal, othersMayRead, othersMayWrite } from '../file-mode.ts';
import { sayNames } from '../names.ts';
import { defineRule, type Problem } from '../rule.ts';

/** Whoever may write drainctl's configuration has commands of their own run, mostly by root. */
export const configPermissions = defineRule({
  name: 'config-permissions',
  severity: 'error',
  looksAt:
    'The mode of the configuration file and of the password files that it names: others may not write them, nor read those with a password or token.',
  remedy: 'Take the rights away with chmod.',
  needs: ['configFile'],
  tells: 'configFile',
  check: ({ configFile: file }) => [
    ...(othersMayWrite(file) ? [writable(file)] : []),
    ...(othersMayRead(file) && file.secrets.length > 0
      ? [readable(file, `${file.secrets.join(', ')} stands in it`)]
      : []),
    ...file.secretFiles.filter(othersMayWrite).map(writable),
    ...file.secretFiles.filter(othersMayRead).map((each) => readable(each, 'it holds a password or token')),
  ],
});

function writable(file: FileMode): Problem {
  return {
    target: file.path,
    message: `Everybody on this machine may change it (mode ${octal(file)}), and with it what drainctl runs and stops.`,
    remedy: `chmod o-w ${file.path}`,
  };
}

function readable(file: FileMode, why: string): Problem {
  return {
    target: file.path,
    message: `Everybody on this machine may read it (mode ${octal(file)}), and ${why}.`,
    remedy: `chmod o= ${file.path}`,
    severity: 'warning',
  };
}

/** Without any entry drainctl is installed, and drains nothing. */
export const programsPresent = defineRule({
  name: 'programs-present',
  severity: 'error',
  looksAt: 'There is a configuration, and it has at least one entry in `programs`.',
  remedy: 'Write an entry in `programs` for each program that is to be drained.',
  needs: ['config'],
  check({ config }) {
    if (config.programs.length > 0) return [];
    const what = config.file === '' ? 'There is no such file' : 'It has no entry in programs';
    const message = `${what}, so nothing is drained: all that supervisord runs is stopped with its work in flight.`;
    return [{ target: config.file === '' ? defaultConfigFile : config.file, message }];
  },
});

/** What an entry without a process was meant for is stopped undrained. */
export const unknownPrograms = defineRule({
  name: 'unknown-programs',
  severity: 'error',
  looksAt: 'Every entry of `programs` is for a process that supervisord has.',
  remedy: 'Correct the name; `drainctl status` lists the processes.',
  needs: ['config', 'supervisord'],
  check({ config, supervisord: { infos } }) {
    const names = infos.map(({ fullName }) => fullName);
    const groups = [...new Set(infos.map(({ group }) => group))].join(', ');
    return unusedPrograms(config, names).map(({ pattern }) => ({
      target: `programs.${pattern}`,
      message: `It is for no process that supervisord has: what it was meant for is stopped undrained. supervisord's groups are ${groups}.`,
      remedy: `Correct the name in ${config.file}, or load the program: supervisorctl reread, then supervisorctl update GROUP.`,
    }));
  },
});

/** A process whose entry can't be expanded for it is treated as one without an entry. */
export const misfitEntries = defineRule({
  name: 'misfit-entries',
  severity: 'error',
  looksAt:
    'Every entry of `programs` can be expanded for each of its processes (`%(process_num)d` needs a number in the name).',
  remedy: 'Correct the entry.',
  needs: ['processes'],
  check: ({ processes }) =>
    processes.flatMap(({ target, misfit }) =>
      misfit === undefined
        ? []
        : [
            {
              target: target.info.fullName,
              message: `Its entry does not fit it, so it is stopped undrained: ${misfit}.`,
            },
          ],
    ),
});

/** Two processes that claim one member take it out and put it back without knowing of each other. */
export const duplicateMembers = defineRule({
  name: 'duplicate-members',
  severity: 'error',
  looksAt: 'No member of a pool is claimed by two processes.',
  remedy: 'Give each process a member of its own, such as `app/%(process_name)s`.',
  needs: ['processes'],
  check({ processes }) {
    return [...claims(processes)].flatMap(([member, names]) =>
      names.size < 2
        ? []
        : [
            {
              target: member,
              message: `${sayNames([...names])} claim this one member: a restart of one takes the work from all of them.`,
            },
          ],
    );
  },
});

/** A pool's member is the same one at each of its addresses. */
function claims(processes: readonly ResolvedProcess[]): ReadonlyMap<string, ReadonlySet<string>> {
  const byMember = new Map<string, Set<string>>();
  for (const { target } of processes)
    for (const { at, label } of target.members) {
      const key = `${label} of pool ${at.pool}`;
      byMember.set(key, new Set(byMember.get(key)).add(target.info.fullName));
    }
  return byMember;
}

/**
 * A process whose work drainctl can't count must drain by itself after its stop signal, and has `stopwaitsecs` for it,
 * not the deadline that its entry names.
 */
export const uncountedStopwaitsecs = defineRule({
  name: 'uncounted-stopwaitsecs',
  severity: 'warning',
  looksAt:
    'A program with an entry whose work nothing counts drains by itself, after its stop signal: its stopwaitsecs is not shorter than its deadline.',
  remedy: 'Raise stopwaitsecs of the program, or have its work counted (`in_flight`).',
  needs: ['processes', 'settings'],
  check: ({ processes }) =>
    processes.flatMap(({ target }) => {
      const { deadlineMs } = target.settings;
      const stopWaitMs = target.config.stopWaitSecs * 1_000;
      if (!hasEntry(target) || countedBy(target).length > 0 || stopWaitMs >= deadlineMs) return [];
      const seconds = Math.ceil(deadlineMs / 1_000);
      return [
        {
          target: target.info.fullName,
          message: `Nothing counts its work, so it must finish that by itself after its stop signal. supervisord kills it after stopwaitsecs (${target.config.stopWaitSecs} s), before its deadline (${sayDuration(deadlineMs)}) has passed.`,
          remedy: `Set stopwaitsecs=${seconds} in its [program:…] section, or add in_flight to its entry.`,
        },
      ];
    }),
});

/** A process without an entry has no deadline. */
function hasEntry({ settings }: Target): boolean {
  return settings.deadlineMs > 0;
}
