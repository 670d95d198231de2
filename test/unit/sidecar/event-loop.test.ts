import { once } from 'node:events';
import { PassThrough, Writable } from 'node:stream';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { followEvents, TickWatch } from '../../../src/sidecar/event-loop.ts';
import type { SupervisorEvent } from '../../../src/supervisor/events.ts';
import { onCleanUp } from '../../support/cleanup.ts';
import { recordingLog } from '../../support/doubles/recording-log.ts';
import { waitFor } from '../../support/wait-for.ts';

function eventText(poolserial: number, eventname: string, payload: string): string {
  const header = `ver:3.0 server:supervisor serial:${poolserial + 20} pool:drain poolserial:${poolserial}`;
  return `${header} eventname:${eventname} len:${[...payload].length}\n${payload}`;
}

const tick = (poolserial: number) => eventText(poolserial, 'TICK_5', 'when:1700000000');
const group = (poolserial: number, name: string) => eventText(poolserial, 'PROCESS_GROUP_ADDED', `groupname:${name}\n`);

/** A loop between streams that a test can write to and read. */
function startLoop() {
  const input = new PassThrough();
  const output = new PassThrough();
  let written = '';
  output.setEncoding('utf8').on('data', (text: string) => {
    written += text;
  });
  const events: SupervisorEvent[] = [];
  /** What had been written when each event was handed on. */
  const writtenBefore: string[] = [];
  const losses: number[] = [];
  const log = recordingLog();
  const controller = new AbortController();
  const done = followEvents({
    input,
    output,
    log,
    onEvent: (event) => {
      events.push(event);
      writtenBefore.push(written);
    },
    onLoss: (lost) => losses.push(lost),
    signal: controller.signal,
  });
  done.catch(() => {});
  onCleanUp(() => {
    input.destroy();
  });
  return { input, events, writtenBefore, losses, log, controller, done, written: () => written };
}

/** Runs a loop over the whole input. */
async function follow(...chunks: (string | Buffer)[]) {
  const loop = startLoop();
  for (const chunk of chunks) loop.input.write(chunk);
  loop.input.end();
  await loop.done;
  return loop;
}

describe('what is written to supervisord', () => {
  test('is READY at the start, and nothing else', async () => {
    const { written } = await follow();

    expect(written()).toBe('READY\n');
  });

  test('is a result and READY for each event, byte for byte', async () => {
    const { written } = await follow(tick(1), tick(2));

    expect(written()).toBe('READY\nRESULT 2\nOKREADY\nRESULT 2\nOKREADY\n');
  });

  test('is nothing for bytes that are no event; the log has them', async () => {
    const { written, log, events } = await follow('Traceback (most recent call last)\n', tick(1));

    expect(written()).toBe('READY\nRESULT 2\nOKREADY\n');
    expect(events).toHaveLength(1);
    expect(log.messages('warn')).toHaveLength(1);
  });

  test('is the acknowledgement before the event is worked on', async () => {
    const { writtenBefore } = await follow(tick(1));

    expect(writtenBefore).toEqual(['READY\nRESULT 2\nOKREADY\n']);
  });

  test('is an acknowledgement for an event that nothing is known about', async () => {
    const { written, events } = await follow(eventText(1, 'PROCESS_STATE_DREAMING', 'odd'));

    expect(written()).toBe('READY\nRESULT 2\nOKREADY\n');
    expect(events[0]?.kind).toBe('unknown');
  });
});

describe('events', () => {
  test('are cut out whatever the borders of the chunks', async () => {
    const bytes = Buffer.from(group(1, 'web') + tick(2) + group(3, 'jobs'));
    const anyBorders = fc.array(fc.integer({ min: 0, max: bytes.length }), { maxLength: 12 });

    await fc.assert(
      fc.asyncProperty(anyBorders, async (borders) => {
        const cuts = [0, ...borders.toSorted((a, b) => a - b), bytes.length];
        const chunks = cuts.slice(1).map((end, index) => bytes.subarray(cuts[index], end));

        const { events, written } = await follow(...chunks);

        expect(events.map(({ kind }) => kind)).toEqual(['process_group', 'tick', 'process_group']);
        expect(written()).toBe(`READY\n${'RESULT 2\nOKREADY\n'.repeat(3)}`);
      }),
      { numRuns: 50 },
    );
  });

  test('whose length counts code points are decided on when nothing more arrives', async () => {
    const loop = startLoop();

    loop.input.write(group(1, 'café'));
    await waitFor(() => loop.events.length === 1, { what: 'the event' });

    expect(loop.events[0]).toMatchObject({ kind: 'process_group', group: 'café' });
    loop.input.end();
    await loop.done;
  });
});

describe('a gap in the serials', () => {
  test('is a loss of as many events', async () => {
    const { losses } = await follow(tick(1), tick(2), tick(6));

    expect(losses).toEqual([3]);
  });

  test.each([
    ['before the first event', [7]],
    ['where there is none', [1, 2, 3]],
    ['in an event that is sent again', [5, 5]],
    ['where supervisord counts anew', [9_000, 1]],
  ])('is no loss %s', async (_, serials) => {
    const { losses } = await follow(...serials.map(tick));

    expect(losses).toEqual([]);
  });
});

describe('the loop ends', () => {
  test('when supervisord closes the input', async () => {
    await expect(follow()).resolves.toBeDefined();
  });

  test('on abort, and takes no event any more', async () => {
    const { input, events, controller, done } = startLoop();

    controller.abort();
    await done;
    input.write(tick(1));
    await new Promise(setImmediate);

    expect(events).toEqual([]);
  });

  test('with the error of its input', async () => {
    const { input, done } = startLoop();

    input.destroy(new Error('EIO'));

    await expect(done).rejects.toThrow('EIO');
  });

  test('not because nobody reads what it writes', async () => {
    const input = new PassThrough();
    const output = new Writable({ write: (_chunk, _encoding, done) => done(new Error('EPIPE')) });
    const events: SupervisorEvent[] = [];
    const done = followEvents({
      input,
      output,
      log: recordingLog(),
      onEvent: (event) => events.push(event),
      onLoss: () => {},
      signal: new AbortController().signal,
    });
    await once(output, 'error');
    input.end(tick(1));

    await done;

    expect(events).toHaveLength(1);
  });
});

describe('the watch over the ticks', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  test('tells once when they are missing for too long', () => {
    const told: string[] = [];
    const watch = new TickWatch(10, 3, (error) => told.push(error.code));
    onCleanUp(() => watch.stop());

    vi.advanceTimersByTime(29);
    const before = [...told];
    vi.advanceTimersByTime(100);

    expect(before).toEqual([]);
    expect(told).toEqual(['EVENTS_STOPPED']);
  });

  test('says nothing while they come', () => {
    const told: string[] = [];
    const watch = new TickWatch(40, 3, (error) => told.push(error.code));
    onCleanUp(() => watch.stop());

    for (let ticks = 0; ticks < 20; ticks += 1) {
      vi.advanceTimersByTime(80);
      watch.tick();
    }

    expect(told).toEqual([]);
  });

  test('says nothing once it was stopped', () => {
    const told: string[] = [];
    const watch = new TickWatch(10, 1, (error) => told.push(error.code));

    watch.stop();
    vi.advanceTimersByTime(40);

    expect(told).toEqual([]);
  });
});
