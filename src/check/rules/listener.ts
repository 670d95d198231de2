import { constants } from 'node:os';
import { isSidecar, isStandby } from '../../drain/self.ts';
import { sayDuration } from '../../drain/wording.ts';
import type { ProcessConfig } from '../../supervisor/process.ts';
import { sayNames } from '../names.ts';
import { defineRule } from '../rule.ts';

const howToLoad =
  '"drainctl install" writes it; one that is there already is loaded by: supervisorctl reread, then supervisorctl update drain.';

/** Without a listener there is no gate. */
export const listenerPresent = defineRule({
  name: 'listener-present',
  severity: 'error',
  looksAt: 'supervisord has exactly one event listener that runs `drainctl listen`.',
  remedy: howToLoad,
  needs: ['listeners', 'supervisord'],
  check({ listeners, supervisord }) {
    const names = listeners.map(({ info }) => info.fullName);
    if (names.length === 0)
      return [
        {
          target: supervisord.url,
          message:
            'supervisord has no listener that runs "drainctl listen": a SIGTERM to supervisord, supervisorctl shutdown and reload cut off what is in flight.',
        },
      ];
    if (names.length === 1) return [];
    return [
      {
        target: names.join(', '),
        message: `${names.length} listeners run "drainctl listen", and would drain the same processes twice.`,
        remedy: 'Leave one of them, with numprocs=1.',
      },
    ];
  },
});

/** A listener that does not run holds no gate. */
export const listenerRunning = defineRule({
  name: 'listener-running',
  severity: 'error',
  looksAt: 'The listener is RUNNING.',
  remedy: 'See its log, then: supervisorctl start drain.',
  needs: ['listener'],
  check: ({ listener: { info } }) =>
    info.state === 'RUNNING'
      ? []
      : [
          {
            target: info.fullName,
            message: `It is ${info.state}${info.spawnError === '' ? '' : ` (${info.spawnError})`}, so nothing holds the gate when supervisord stops.`,
            remedy: `See its log (stderr_logfile of [eventlistener:${info.group}]), then: supervisorctl start ${info.fullName}`,
          },
        ],
});

/** supervisord stops groups from the highest number to the lowest, and waits for each. */
export const listenerPriority = defineRule({
  name: 'listener-priority',
  severity: 'error',
  looksAt:
    'The priority of the listener is higher than that of every group, so that supervisord stops it first and waits for it.',
  remedy: 'Set priority=99999 in the section of the listener.',
  needs: ['listenerConfig', 'settings'],
  check({ listenerConfig: own, settings }) {
    const others = [...settings.values()].filter((each) => !isSidecar(each) && !isStandby(each));
    const rivals = others.filter((each) => each.groupPriority >= own.groupPriority);
    if (rivals.length === 0) return [];
    const groups = sayNames(rivals.map(({ group, groupPriority }) => `${group} (${groupPriority})`));
    return [
      {
        target: own.fullName,
        message: `Its priority ${own.groupPriority} is not above that of ${groups}: supervisord stops these before or together with it, undrained.`,
        remedy: `Set priority=99999 in [eventlistener:${own.group}], then: supervisorctl reread, supervisorctl update ${own.group}`,
      },
    ];
  },
});

/** After stopwaitsecs supervisord kills the listener, and goes on to the programs. */
export const listenerStopwaitsecs = defineRule({
  name: 'listener-stopwaitsecs',
  severity: 'error',
  looksAt:
    "The listener's stopwaitsecs is above the longest that the gate can take, as the deadlines in the configuration add up.",
  remedy: 'Raise stopwaitsecs of the listener, or lower the deadlines. Much more costs nothing.',
  needs: ['listenerConfig', 'gatePlan'],
  check({ listenerConfig: own, gatePlan: { worst_case_ms: worstMs } }) {
    if (own.stopWaitSecs * 1_000 > worstMs) return [];
    return [
      {
        target: own.fullName,
        message: `Its stopwaitsecs is ${own.stopWaitSecs} s, and the gate can take ${sayDuration(worstMs)}: supervisord kills it before all is drained, and cuts off the rest.`,
        remedy: `Set stopwaitsecs=3600 in [eventlistener:${own.group}], then: supervisorctl reread, supervisorctl update ${own.group}`,
      },
    ];
  },
});

const caught: readonly number[] = [constants.signals.SIGTERM, constants.signals.SIGINT];

/** True where the stop signal is one on which a sidecar or its standby holds the gate. */
export function holdsGate({ stopSignal }: Pick<ProcessConfig, 'stopSignal'>): boolean {
  return caught.includes(stopSignal);
}

/** The sidecar holds the gate when it gets SIGTERM or SIGINT; anything else ends it. */
export const listenerStopsignal = defineRule({
  name: 'listener-stopsignal',
  severity: 'error',
  looksAt: "The listener's stopsignal is TERM or INT: on any other it does not hold the gate.",
  remedy: 'Set stopsignal=TERM in the section of the listener.',
  needs: ['listenerConfig'],
  check: ({ listenerConfig: own }) =>
    holdsGate(own)
      ? []
      : [
          {
            target: own.fullName,
            message: `Its stopsignal is number ${own.stopSignal}, on which it does not hold the gate.`,
          },
        ],
});
