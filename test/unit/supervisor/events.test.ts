import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LenUnit } from '../../../src/supervisor/event-length.ts';
import { EventParser, parseEvent, type RawEvent, readyLine, resultOk } from '../../../src/supervisor/events.ts';
import { cutAt, eventBytes, parseChunks, runningPayload } from './event-samples.ts';

const units: readonly LenUnit[] = ['code points', 'bytes'];
const names = ['web', 'café', 'queue-🚚', 'e\u0301t\u00e9', '日本', 'é'];

describe('EventParser', () => {
  it('reads a header and its payload', () => {
    const { events } = parseChunks([eventBytes('when:1201063880', { eventname: 'TICK_5', poolserial: 7 })]);

    expect(events).toEqual([
      {
        header: {
          ver: '3.0',
          server: 'supervisor',
          serial: 21,
          pool: 'drain',
          poolserial: 7,
          eventname: 'TICK_5',
          len: 15,
        },
        payload: 'when:1201063880',
      },
    ]);
  });

  it('reads an identifier with a space in it', () => {
    const { events } = parseChunks([eventBytes('', { server: 'my box' })]);

    expect(events[0]?.header.server).toBe('my box');
  });

  it('gives an event with an empty payload without waiting for more', () => {
    const parser = new EventParser();

    expect(parser.push(eventBytes('', { eventname: 'SUPERVISOR_STATE_CHANGE_STOPPING' }))).toHaveLength(1);
  });

  it.each(names)(
    'gives an event of %s at once where code points are counted, as supervisord waits for the answer',
    (name) => {
      const parser = new EventParser();

      const events = parser.push(eventBytes(runningPayload(name)));

      expect(events.map((event) => event.payload)).toEqual([runningPayload(name)]);
    },
  );

  it.each(names)('gives an event of %s after a quiet moment where bytes are counted', (name) => {
    const parser = new EventParser();

    const events = [...parser.push(eventBytes(runningPayload(name), { unit: 'bytes' })), ...parser.idle()];

    expect(events.map((event) => event.payload)).toEqual([runningPayload(name)]);
  });

  it('needs the quiet moment only once, as it remembers that the peer counts bytes', () => {
    const parser = new EventParser();
    parser.push(eventBytes(runningPayload('café'), { unit: 'bytes' }));
    parser.idle();

    const events = parser.push(eventBytes(runningPayload('日本'), { unit: 'bytes' }));

    expect(events.map((event) => event.payload)).toEqual([runningPayload('日本')]);
  });

  it('goes on waiting for the rest of a payload from a peer that was seen to count code points', () => {
    const parser = new EventParser();
    parser.push(eventBytes(runningPayload('café')));
    const bytes = eventBytes(runningPayload('日本'));
    parser.push(bytes.subarray(0, bytes.length - 4));

    expect(parser.idle()).toEqual([]);
    expect(parser.push(bytes.subarray(bytes.length - 4))).toHaveLength(1);
  });

  describe.each(units)('where len counts %s', (unit) => {
    it('gives the same events wherever the stream is cut in two', () => {
      const payloads = names.map(runningPayload);
      const stream = Buffer.concat(payloads.map((payload) => eventBytes(payload, { unit })));

      for (let offset = 0; offset <= stream.length; offset += 1) {
        const { events } = parseChunks(cutAt(stream, [offset]));
        expect(events.map((event) => event.payload)).toEqual(payloads);
      }
    });

    it('gives the same events one byte at a time', () => {
      const payloads = names.map(runningPayload);
      const stream = Buffer.concat(payloads.map((payload) => eventBytes(payload, { unit })));

      const { events } = parseChunks([...stream].map((byte) => Buffer.of(byte)));

      expect(events.map((event) => event.payload)).toEqual(payloads);
    });

    it('gives the 500 events of a burst in order', () => {
      const payloads = Array.from({ length: 500 }, (_, index) =>
        runningPayload(`${names[index % names.length]}_${index}`),
      );
      const stream = Buffer.concat(payloads.map((payload) => eventBytes(payload, { unit })));

      const { events, problems } = parseChunks([stream]);

      expect(events.map((event) => event.payload)).toEqual(payloads);
      expect(problems).toEqual([]);
    });

    it('gives any events in any chunks', () => {
      const name = fc
        .string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
        .map((text) => text.replace(/[\s:/]/g, '_'));
      const stream = fc.array(name, { minLength: 1, maxLength: 6 });
      const cuts = fc.array(fc.nat(600), { maxLength: 12 });

      fc.assert(
        fc.property(stream, cuts, (processes, offsets) => {
          const payloads = processes.map(runningPayload);
          const bytes = Buffer.concat(payloads.map((payload) => eventBytes(payload, { unit })));
          const { events, problems } = parseChunks(
            cutAt(
              bytes,
              offsets.filter((offset) => offset < bytes.length),
            ),
          );
          expect(events.map((event) => event.payload)).toEqual(payloads);
          expect(problems).toEqual([]);
        }),
        { numRuns: 10_000 },
      );
    }, 30_000);
  });

  it('never throws and never hangs on rubbish, and gives the event after it', () => {
    const rubbish = fc.oneof(
      fc.uint8Array({ maxLength: 80 }),
      fc
        .constantFrom('ver:', 'ver:3.0 server:x len:5\n', 'server:x\n', 'len:-1\n', 've', '\n', 'ver:3.0\nver:3.0 ')
        .map((text) => Buffer.from(text)),
    );

    fc.assert(
      fc.property(fc.array(rubbish, { maxLength: 4 }), fc.array(fc.nat(300), { maxLength: 6 }), (parts, offsets) => {
        const bytes = Buffer.concat([...parts, Buffer.from('\n'), eventBytes('when:1', { eventname: 'TICK_5' })]);
        const { events } = parseChunks(
          cutAt(
            bytes,
            offsets.filter((offset) => offset < bytes.length),
          ),
        );
        expect(events.at(-1)?.payload).toBe('when:1');
      }),
      { numRuns: 10_000 },
    );
  }, 30_000);

  it('reports what it skipped, once, with how much and what it began with', () => {
    const { events, problems } = parseChunks([
      Buffer.from('Traceback (most'),
      Buffer.from(' recent)\n'),
      eventBytes(''),
    ]);

    expect(events).toHaveLength(1);
    expect(problems).toEqual([{ skippedBytes: 24, sample: 'Traceback (most recent)\n' }]);
  });

  it.each([
    ['no number', 'len:many'],
    ['a negative number', 'len:-3'],
    ['a number that no event reaches', 'len:999999999999'],
    ['nothing', ''],
  ])('skips a header whose len is %s instead of waiting', (_, len) => {
    const bad = Buffer.from(`ver:3.0 server:s serial:1 pool:p poolserial:1 eventname:TICK_5 ${len}\n`);

    const { events } = parseChunks([bad, eventBytes('when:2', { eventname: 'TICK_5' })]);

    expect(events.map((event) => event.payload)).toEqual(['when:2']);
  });

  it('is not pending once everything was given', () => {
    const parser = new EventParser();
    parser.push(eventBytes('when:2'));

    expect(parser.pending).toBe(false);
  });

  it('takes a long payload in many chunks in linear time', () => {
    const bytes = eventBytes('x'.repeat(8 * 1024 * 1024), { eventname: 'PROCESS_LOG_STDOUT' });
    const chunks = Array.from({ length: Math.ceil(bytes.length / 4096) }, (_, index) =>
      bytes.subarray(index * 4096, (index + 1) * 4096),
    );

    const { events } = parseChunks(chunks);

    expect(events[0]?.payload.length).toBe(8 * 1024 * 1024);
  }, 30_000);
});

describe('parseEvent', () => {
  const raw = (eventname: string, payload: string): RawEvent => ({
    header: { ver: '3.0', server: 's', serial: 1, pool: 'p', poolserial: 1, eventname, len: payload.length },
    payload,
  });
  const cat = { fullName: 'pets:cat', group: 'pets', name: 'cat' };

  it.each([
    [
      'PROCESS_STATE_STARTING',
      'processname:cat groupname:pets from_state:STOPPED tries:0',
      { state: 'STARTING', fromState: 'STOPPED', pid: undefined, tries: 0, expected: undefined },
    ],
    [
      'PROCESS_STATE_EXITED',
      'processname:cat groupname:pets from_state:RUNNING expected:0 pid:2766',
      { state: 'EXITED', fromState: 'RUNNING', pid: 2766, tries: undefined, expected: false },
    ],
    [
      'PROCESS_STATE_STOPPING',
      'processname:cat groupname:pets from_state:RUNNING pid:2766',
      { state: 'STOPPING', fromState: 'RUNNING', pid: 2766, tries: undefined, expected: undefined },
    ],
  ])('reads %s', (eventname, payload, fields) => {
    expect(parseEvent(raw(eventname, payload))).toEqual({ kind: 'process_state', ...cat, ...fields });
  });

  it.each([
    ['TICK_60', 'when:1201063880', { kind: 'tick', periodS: 60, whenS: 1_201_063_880 }],
    ['SUPERVISOR_STATE_CHANGE_RUNNING', '', { kind: 'supervisor_state_change', state: 'running' }],
    ['SUPERVISOR_STATE_CHANGE_STOPPING', '', { kind: 'supervisor_state_change', state: 'stopping' }],
    ['PROCESS_GROUP_ADDED', 'groupname:cat\n', { kind: 'process_group', change: 'added', group: 'cat' }],
    ['PROCESS_GROUP_REMOVED', 'groupname:cat\n', { kind: 'process_group', change: 'removed', group: 'cat' }],
    ['REMOTE_COMMUNICATION', 'type:deploy\na\nb', { kind: 'remote_communication', type: 'deploy', data: 'a\nb' }],
    [
      'PROCESS_COMMUNICATION_STDOUT',
      'processname:cat groupname:pets pid:9\nbusy:3\n',
      { kind: 'process_communication', ...cat, pid: 9, channel: 'stdout', data: 'busy:3\n' },
    ],
    [
      'PROCESS_LOG_STDERR',
      'processname:cat groupname:pets pid:9 channel:stderr\noops',
      { kind: 'process_log', ...cat, pid: 9, channel: 'stderr', data: 'oops' },
    ],
  ])('reads %s', (eventname, payload, event) => {
    expect(parseEvent(raw(eventname, payload))).toEqual(event);
  });

  it.each([
    ['an event of a later supervisord', 'PROCESS_HICCUP', 'processname:cat groupname:pets'],
    ['a state of a later supervisord', 'PROCESS_STATE_NAPPING', 'processname:cat groupname:pets from_state:RUNNING'],
    ['a payload without the process', 'PROCESS_STATE_EXITED', 'from_state:RUNNING'],
    ['a tick without a time', 'TICK_5', ''],
    ['a name from the prototype', 'PROCESS_STATE_CONSTRUCTOR', 'processname:cat groupname:pets from_state:constructor'],
  ])('makes nothing of %s', (_, eventname, payload) => {
    expect(parseEvent(raw(eventname, payload))).toEqual({ kind: 'unknown', eventname, payload });
  });

  it('never throws', () => {
    const eventname = fc.constantFrom(
      'PROCESS_STATE_EXITED',
      'TICK_5',
      'PROCESS_LOG_STDOUT',
      'REMOTE_COMMUNICATION',
      'X',
    );

    fc.assert(
      fc.property(eventname, fc.string({ unit: 'binary' }), (name, payload) => {
        parseEvent(raw(name, payload));
      }),
      { numRuns: 10_000 },
    );
  }, 30_000);
});

describe('the listener protocol', () => {
  it('answers as supervisord reads it: no newline after the result', () => {
    expect([readyLine, resultOk]).toEqual(['READY\n', 'RESULT 2\nOK']);
  });
});
