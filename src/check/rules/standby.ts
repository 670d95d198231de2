import { isOurselves, isStandby } from '../../drain/self.ts';
import type { ProcessConfig } from '../../supervisor/process.ts';
import { sayNames } from '../names.ts';
import { defineRule, type Problem } from '../rule.ts';

/** A standby is of use only between the listener and the programs, and for as long as a gate may take. Nobody needs one. */
export const standbyOrder = defineRule({
  name: 'standby-order',
  severity: 'error',
  looksAt:
    'A program that runs `drainctl standby`, where there is one, stops after the listener and before every program, and has as long as the listener.',
  remedy: 'Take its section as it is shipped: supervisord.d/drain-standby.conf.',
  needs: ['listenerConfig', 'settings'],
  check: ({ listenerConfig, settings }) =>
    [...settings.values()].filter(isStandby).flatMap((standby) => problemsOf(standby, listenerConfig, settings)),
});

function problemsOf(
  standby: ProcessConfig,
  listener: ProcessConfig,
  settings: ReadonlyMap<string, ProcessConfig>,
): Problem[] {
  const { fullName: target, group, groupPriority } = standby;
  const load = `then: supervisorctl reread, supervisorctl update ${group}`;
  const rivals = [...settings.values()].filter(
    (each) => !isOurselves({ fullName: each.fullName, pid: 0 }, each) && each.groupPriority >= groupPriority,
  );
  const problems: Problem[] = [];
  if (groupPriority >= listener.groupPriority)
    problems.push({
      target,
      message: `Its priority ${groupPriority} is not below that of the listener (${listener.groupPriority}): supervisord stops it first, and it drains in the listener's place.`,
      remedy: `Set priority=${listener.groupPriority - 1} in [program:${group}], ${load}`,
    });
  if (rivals.length > 0)
    problems.push({
      target,
      message: `Its priority ${groupPriority} is not above that of ${sayNames(rivals.map((each) => `${each.group} (${each.groupPriority})`))}: supervisord stops these before it, or together with it.`,
      remedy: `Set priority=${listener.groupPriority - 1} in [program:${group}], ${load}`,
    });
  if (standby.stopWaitSecs < listener.stopWaitSecs)
    problems.push({
      target,
      message: `Its stopwaitsecs is ${standby.stopWaitSecs} s, the listener's ${listener.stopWaitSecs} s: where it has everything to drain, supervisord may kill it before that is done.`,
      remedy: `Set stopwaitsecs=${listener.stopWaitSecs} in [program:${group}], ${load}`,
    });
  return problems;
}
