import type { IniSection } from '../../supervisor/ini.ts';
import { defineRule, type Problem, tellingRule } from '../rule.ts';

const thenLoad = 'then: supervisorctl reread, supervisorctl update drain';

/** What supervisord does not tell of the listener stands in its files only. */
export const listenerSection = tellingRule('listenerSection', {
  name: 'listener-section',
  severity: 'warning',
  looksAt: "The section of the listener is found in supervisord's configuration.",
  remedy: 'See that supervisord was started with the configuration that is there now.',
});

/** Events for each process that stops and starts again: STOPPING, STOPPED, STARTING, RUNNING. */
const eventsOfRestart = 4;

/** supervisord's default. http://supervisord.org/configuration.html#eventlistener-x-section-settings */
const defaultBufferSize = 10;

/** Events that don't fit are dropped, the oldest first. */
export const listenerBufferSize = defineRule({
  name: 'listener-buffer-size',
  severity: 'warning',
  looksAt: "The listener's buffer_size holds the events of all processes stopping and starting at once, four of each.",
  remedy: `Set buffer_size=5000 in the section of the listener, ${thenLoad}`,
  needs: ['listenerSection', 'supervisord'],
  check({ listenerSection: section, supervisord: { infos } }) {
    const size = Number(settingOf(section, 'buffer_size') ?? defaultBufferSize);
    const needed = infos.length * eventsOfRestart;
    if (Number.isFinite(size) && size >= needed) return [];
    return [
      problem(
        section,
        'buffer_size',
        `buffer_size is ${size}, and ${infos.length} processes that stop and start at once make ${needed} events: supervisord drops the oldest, and drainctl finds out late.`,
      ),
    ];
  },
});

/** Without these drainctl misses what happens. A class of events stands for all in it. */
const wanted: readonly (readonly [event: string, classes: readonly string[], without: string])[] = [
  ['PROCESS_STATE', [], 'processes that start and stop are not noticed'],
  ['PROCESS_GROUP', [], 'groups that "supervisorctl update" adds are not noticed'],
  ['TICK_5', ['TICK'], 'the sidecar takes supervisord to have stopped sending events, and ends once a minute'],
];

/** What the probe `reported` hears. */
const communication = [
  'PROCESS_COMMUNICATION',
  [],
  'what programs report of themselves is not heard, and the probe `reported` knows nothing',
] as const;

/** http://supervisord.org/events.html#event-types */
export const listenerEvents = defineRule({
  name: 'listener-events',
  severity: 'error',
  looksAt:
    'The listener subscribes to PROCESS_STATE, PROCESS_GROUP and TICK_5, and to PROCESS_COMMUNICATION where a probe `reported` is configured.',
  remedy: `Set events=PROCESS_STATE,PROCESS_GROUP,SUPERVISOR_STATE_CHANGE,PROCESS_COMMUNICATION,TICK_5 in the section of the listener, ${thenLoad}`,
  needs: ['listenerSection', 'config'],
  check({ listenerSection: section, config }) {
    const events = (settingOf(section, 'events') ?? '').split(/[\s,]+/).map((event) => event.toUpperCase());
    const has = (event: string) => events.includes(event);
    const hears = config.programs.some(({ inFlight }) => inFlight?.some(({ driver }) => driver.name === 'reported'));
    return [...wanted, ...(hears ? [communication] : [])]
      .filter(([event, classes]) => !['EVENT', event, ...classes].some(has))
      .map(([event, , without]) => problem(section, 'events', `events lacks ${event}: ${without}.`));
  },
});

/** Standard output speaks the event protocol. */
export const listenerStderr = defineRule({
  name: 'listener-redirect-stderr',
  severity: 'error',
  looksAt: "The listener's standard error is not redirected into its standard output, which speaks the event protocol.",
  remedy: `Set redirect_stderr=false in the section of the listener, ${thenLoad}`,
  needs: ['listenerSection'],
  check: ({ listenerSection: section }) =>
    /^(true|yes|on|1)$/i.test(settingOf(section, 'redirect_stderr') ?? '')
      ? [
          problem(
            section,
            'redirect_stderr',
            'redirect_stderr is on: the first line of the log breaks the event protocol, and supervisord ignores the listener for ever.',
          ),
        ]
      : [],
});

function settingOf(section: IniSection, key: string): string | undefined {
  return section.entries.get(key)?.value;
}

function problem(section: IniSection, key: string, message: string): Problem {
  const { file, line } = section.entries.get(key) ?? section;
  return { target: `${file}:${line}`, message };
}
