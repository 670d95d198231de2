import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { followEvents } from '../../../src/sidecar/event-loop.ts';
import type { EventHeader } from '../../../src/supervisor/event-header.ts';
import { EventParser, parseEvent, type RawEvent, type SupervisorEvent } from '../../../src/supervisor/events.ts';
import { processStates } from '../../../src/supervisor/process.ts';
import { anyCuts, cpuMs, fuzz, linearLimitMs, mutated } from '../../faults/support/fuzz.ts';
import { recordingLog } from '../../support/doubles/recording-log.ts';
import { eventBytes, parseChunks, runningPayload } from './event-samples.ts';

const subject = 'event codec';

/** Names as supervisord allows them. */
const name = fc.stringMatching(/^[^\s:/\p{C}\p{Z}]{1,12}$/u);
const count = fc.integer({ min: 0, max: 999_999_999_999_999 });
const state = fc.constantFrom(...(Object.keys(processStates) as (keyof typeof processStates)[])); // as: its own keys

/** Headers with what an operator may have put into supervisord's identifier and pool. */
const header: fc.Arbitrary<Omit<EventHeader, 'len'>> = fc.record({
  ver: fc.constantFrom('3.0', '4'),
  server: fc.stringMatching(/^[^\s:]{1,8}( [^\s:]{1,8})?$/),
  serial: count,
  pool: name,
  poolserial: count,
  eventname: fc.stringMatching(/^[A-Z]{2,10}(_[A-Z0-9]{1,8}){0,3}$/),
});

interface Written {
  readonly header: EventHeader;
  readonly payload: string;
  readonly bytes: Buffer;
}

/** An event, its header's keys in any order, with `len` in code points. */
const written: fc.Arbitrary<Written> = fc
  .tuple(header, fc.string({ unit: 'grapheme', maxLength: 30 }), fc.array(fc.nat(5), { minLength: 5, maxLength: 5 }))
  .map(([fields, payload, order]) => {
    const whole = { ...fields, len: [...payload].length };
    // Every header begins with its version.
    const rest = Object.entries(whole).filter(([key]) => key !== 'ver');
    for (const [from, to] of order.entries()) rest.splice(to, 0, ...rest.splice(from, 1));
    const line = [['ver', whole.ver], ...rest].map(([key, value]) => `${key}:${value}`).join(' ');
    return { header: whole, payload, bytes: Buffer.from(`${line}\n${payload}`) };
  });

fuzz(
  subject,
  'gives back any header and payload, in any chunks',
  fc.property(fc.array(written, { minLength: 1, maxLength: 4 }), anyCuts, (events, cut) => {
    const parsed = parseChunks(cut(Buffer.concat(events.map(({ bytes }) => bytes))));

    expect(parsed.events).toEqual(events.map(({ header, payload }) => ({ header, payload })));
    expect(parsed.problems).toEqual([]);
  }),
);

const words = [
  'ver:',
  'ver:3.0 ',
  ' len:',
  'len:0\n',
  ' pool:p',
  '\n',
  'poolserial:',
  'eventname:TICK_5',
  '99999999999999',
];
const ascii = fc.integer({ min: 0, max: 127 }).map((code) => String.fromCharCode(code));
const stream = fc
  .array(fc.constantFrom(runningPayload('web'), 'when:1', ''), { minLength: 1, maxLength: 4 })
  .map((payloads) => payloads.map((payload) => eventBytes(payload).toString()).join(''));
const damaged = mutated(stream, { words, character: ascii });

fuzz(
  subject,
  'makes the same of a damaged stream, however it is cut',
  fc.property(damaged, anyCuts, (text, cut) => {
    const bytes = Buffer.from(text);

    expect(parseChunks(cut(bytes)).events).toEqual(parseChunks([bytes]).events);
  }),
);

fuzz(
  subject,
  'accounts for every byte of a damaged stream once',
  fc.property(damaged, (text) => {
    const bytes = Buffer.from(`${text}\n`);
    const parser = new EventParser((problem) => {
      skipped += problem.skippedBytes;
    });
    let skipped = 0;

    const events = [...parser.push(bytes), ...parser.idle()];

    const inEvents = events.reduce((sum, { payload }) => sum + payload.length, 0);
    expect(inEvents + skipped).toBeLessThanOrEqual(bytes.length);
    // Without an event and with nothing pending, all of it was told to be none.
    if (events.length === 0 && !parser.pending) expect(skipped).toBe(bytes.length);
  }),
);

fuzz(
  'listener protocol',
  'answers each event once, with nothing else, whatever comes',
  fc.asyncProperty(mutated(stream, { words }), anyCuts, async (text, cut) => {
    const [input, output] = [new PassThrough(), new PassThrough()];
    let said = '';
    output.setEncoding('utf8').on('data', (chunk: string) => {
      said += chunk;
    });
    let events = 0;
    const onEvent = () => {
      events += 1;
    };
    const { signal } = new AbortController();
    const done = followEvents({ input, output, log: recordingLog(), onEvent, onLoss: () => {}, signal });
    for (const chunk of cut(Buffer.from(text))) input.write(chunk);
    input.end();
    await done;

    expect(said).toBe(`READY\n${'RESULT 2\nOKREADY\n'.repeat(events)}`);
  }),
);

/** An event, and the payload that supervisord writes for it. */
interface Told {
  readonly eventname: string;
  readonly payload: string;
  readonly event: SupervisorEvent;
}

const processOf = (group: string, of: string) => ({ fullName: `${group}:${of}`, group, name: of }) as const;

const stateEvent: fc.Arbitrary<Told> = fc
  .record({
    group: name,
    name,
    state,
    fromState: state,
    pid: fc.option(count),
    tries: fc.option(count),
    expected: fc.option(fc.boolean()),
  })
  .map(({ group, name: of, state: now, fromState, pid, tries, expected }) => ({
    eventname: `PROCESS_STATE_${now}`,
    payload: [
      `processname:${of} groupname:${group} from_state:${fromState}`,
      ...(tries === null ? [] : [`tries:${tries}`]),
      ...(expected === null ? [] : [`expected:${expected ? 1 : 0}`]),
      ...(pid === null ? [] : [`pid:${pid}`]),
    ].join(' '),
    event: {
      kind: 'process_state',
      ...processOf(group, of),
      state: now,
      fromState,
      pid: pid ?? undefined,
      tries: tries ?? undefined,
      expected: expected ?? undefined,
    },
  }));

const outputEvent: fc.Arbitrary<Told> = fc
  .record({
    group: name,
    name,
    pid: count,
    isLog: fc.boolean(),
    channel: fc.constantFrom('stdout', 'stderr'),
    data: fc.string({ unit: 'binary' }),
  })
  .map(({ group, name: of, pid, isLog, channel, data }) => ({
    eventname: `PROCESS_${isLog ? 'LOG' : 'COMMUNICATION'}_${channel.toUpperCase()}`,
    payload: `processname:${of} groupname:${group} pid:${pid}\n${data}`,
    event: { kind: isLog ? 'process_log' : 'process_communication', ...processOf(group, of), pid, channel, data },
  }));

const otherEvent: fc.Arbitrary<Told> = fc.oneof(
  fc.tuple(fc.constantFrom(5, 60, 3600), count).map(
    ([periodS, whenS]): Told => ({
      eventname: `TICK_${periodS}`,
      payload: `when:${whenS}`,
      event: { kind: 'tick', periodS, whenS },
    }),
  ),
  fc.tuple(fc.constantFrom('added', 'removed'), name).map(
    ([change, group]): Told => ({
      eventname: `PROCESS_GROUP_${change.toUpperCase()}`,
      payload: `groupname:${group}\n`,
      event: { kind: 'process_group', change, group },
    }),
  ),
  fc
    .tuple(
      fc.string().filter((type) => !type.includes('\n')),
      fc.string({ unit: 'binary' }),
    )
    .map(
      ([type, data]): Told => ({
        eventname: 'REMOTE_COMMUNICATION',
        payload: `type:${type}\n${data}`,
        event: { kind: 'remote_communication', type, data },
      }),
    ),
);

const anyEvent = fc.oneof(stateEvent, outputEvent, otherEvent);

function raw(eventname: string, payload: string): RawEvent {
  return {
    header: { ver: '3.0', server: 's', serial: 1, pool: 'p', poolserial: 1, eventname, len: payload.length },
    payload,
  };
}

fuzz(
  subject,
  'takes apart what supervisord tells',
  fc.property(anyEvent, ({ eventname, payload, event }) => {
    expect(parseEvent(raw(eventname, payload))).toEqual(event);
  }),
);

fuzz(
  subject,
  'never takes a number from a damaged payload that does not stand in it',
  fc.property(
    anyEvent.chain((told) =>
      fc.record({
        eventname: fc.constant(told.eventname),
        payload: mutated(fc.constant(told.payload), {
          words: ['pid:', ' pid:0', 'when:', ':', ' ', '\n', '-1', 'NaN', '٣'],
        }),
      }),
    ),
    ({ eventname, payload }) => {
      const event = parseEvent(raw(eventname, payload));
      const numbers = 'pid' in event ? [event.pid] : event.kind === 'tick' ? [event.whenS] : [];
      for (const each of numbers) {
        if (each === undefined) continue;
        expect(Number.isSafeInteger(each) && each >= 0).toBe(true);
        expect((payload.match(/\d+/g) ?? []).map(Number)).toContain(each);
      }
    },
  ),
);

test.each([
  ['headers that never end', 'ver:'.repeat(250_000)],
  ['lines that begin as headers do', 'ver:\n'.repeat(200_000)],
  ['long lines that begin as headers do', `${'ver:3.0 '.repeat(500)}\n`.repeat(60)],
])(
  'event codec: hundreds of kilobytes of %s takes less than seconds',
  (_, text) => {
    const bytes = Buffer.from(text);

    expect(cpuMs(() => parseChunks([bytes]))).toBeLessThan(linearLimitMs);
  },
  120_000,
);
