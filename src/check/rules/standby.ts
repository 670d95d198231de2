import { isOurselves, isStandby } from '../../drain/self.ts';
import type { ProcessConfig } from '../../supervisor/process.ts';
import type { FactTypes } from '../facts.ts';
import { sayNames } from '../names.ts';
import { defineRule, type Problem } from '../rule.ts';
import { holdsGate } from './listener.ts';

/** A standby that does not run is none. Nobody needs one; who has one relies on it. */
export const standbyRunning = defineRule({
  name: 'standby-running',
  severity: 'error',
  looksAt: 'A program that runs `drainctl standby`, where there is one, is RUNNING.',
  remedy: 'See its log, then: supervisorctl start drain-standby.',
  needs: ['supervisord', 'settings'],
  check: ({ supervisord, settings }) =>
    standbysIn(settings).flatMap(({ fullName, group }) => {
      const info = supervisord.infos.find((each) => each.fullName === fullName);
      if (info === undefined || info.state === 'RUNNING') return [];
      return {
        target: fullName,
        message: `It is ${info.state}${info.spawnError === '' ? '' : ` (${info.spawnError})`}, so nothing holds the gate where the listener is killed.`,
        remedy: `See its log (stderr_logfile of [program:${group}]), then: supervisorctl start ${fullName}`,
      };
    }),
});

/** A standby is of use only between the listener and the programs, and for as long as a gate may take. */
export const standbyOrder = defineRule({
  name: 'standby-order',
  severity: 'error',
  looksAt:
    'A program that runs `drainctl standby`, where there is one, stops after the listener and before every program, by TERM or INT, and has as long as the listener.',
  remedy: 'Take its section as it is shipped: supervisord.d/drain-standby.conf.',
  needs: ['listenerConfig', 'settings'],
  check: ({ listenerConfig, settings }) =>
    standbysIn(settings).flatMap((standby) => problemsOf(standby, listenerConfig, settings)),
});

/** It goes on from what the listener has written, so it has to look in the same place. */
export const standbyConfig = defineRule({
  name: 'standby-config',
  severity: 'error',
  looksAt: 'A program that runs `drainctl standby`, where there is one, names the same `--config` as the listener.',
  remedy: 'Write its command as that of the listener, with "standby" for "listen".',
  needs: ['listenerConfig', 'settings'],
  check: ({ listenerConfig, settings }) =>
    standbysIn(settings)
      .filter(({ command }) => configOf(command) !== configOf(listenerConfig.command))
      .map(({ fullName, command, group }) => ({
        target: fullName,
        message: `Its command names ${sayConfig(command)}, that of the listener ${sayConfig(listenerConfig.command)}: where the listener is killed, it does not find what there is to drain.`,
        remedy: `Write the same --config into command= of [program:${group}], ${loads(group)}`,
      })),
});

function standbysIn(settings: FactTypes['settings']): readonly ProcessConfig[] {
  return [...settings.values()].filter(isStandby);
}

function configOf(command: string): string | undefined {
  return /\s--config[=\s]\s*(\S+)/.exec(command)?.[1];
}

function sayConfig(command: string): string {
  const file = configOf(command);
  return file === undefined ? 'no configuration' : file;
}

function loads(group: string): string {
  return `then: supervisorctl reread, supervisorctl update ${group}`;
}

function problemsOf(
  standby: ProcessConfig,
  listener: ProcessConfig,
  settings: ReadonlyMap<string, ProcessConfig>,
): Problem[] {
  const { fullName: target, group, groupPriority } = standby;
  const rivals = [...settings.values()].filter(
    (each) => !isOurselves({ fullName: each.fullName, pid: 0 }, each) && each.groupPriority >= groupPriority,
  );
  const problems: Problem[] = [];
  if (groupPriority >= listener.groupPriority)
    problems.push({
      target,
      message: `Its priority ${groupPriority} is not below that of the listener (${listener.groupPriority}): supervisord stops it first, and it drains in the listener's place.`,
      remedy: `Set priority=${listener.groupPriority - 1} in [program:${group}], ${loads(group)}`,
    });
  if (rivals.length > 0)
    problems.push({
      target,
      message: `Its priority ${groupPriority} is not above that of ${sayNames(rivals.map((each) => `${each.group} (${each.groupPriority})`))}: supervisord stops these before it, or together with it.`,
      remedy: `Set priority=${listener.groupPriority - 1} in [program:${group}], ${loads(group)}`,
    });
  if (standby.stopWaitSecs < listener.stopWaitSecs)
    problems.push({
      target,
      message: `Its stopwaitsecs is ${standby.stopWaitSecs} s, the listener's ${listener.stopWaitSecs} s: where it has everything to drain, supervisord may kill it before that is done.`,
      remedy: `Set stopwaitsecs=${listener.stopWaitSecs} in [program:${group}], ${loads(group)}`,
    });
  if (!holdsGate(standby))
    problems.push({
      target,
      message: `Its stopsignal is number ${standby.stopSignal}, on which it does not hold the gate.`,
      remedy: `Set stopsignal=TERM in [program:${group}], ${loads(group)}`,
    });
  return problems;
}
