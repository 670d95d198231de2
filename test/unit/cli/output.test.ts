import { describe, expect, test } from 'vitest';
import { printError, printJson, printPlan, printStatus } from '../../../src/cli/output.ts';
import type { PlanDocument, PlannedProcess } from '../../../src/drain/api.ts';
import { DrainctlError } from '../../../src/errors.ts';
import { processStatusDocument, statusDocument } from '../../support/doubles/documents.ts';
import { textSink } from '../../support/doubles/text-sink.ts';

const terminal = { columns: 120, rows: 24 };

function planned(name: string, given: Partial<PlannedProcess> = {}): PlannedProcess {
  return {
    name,
    state: 'RUNNING',
    members: ['app/web_00 at /run/haproxy/admin.sock'],
    in_flight_by: ['lb at /run/haproxy/admin.sock'],
    steps: [],
    deadline_ms: 30_000,
    on_deadline: 'stop',
    capacity: [],
    capacity_wait_ms: 0,
    worst_case_ms: 40_000,
    ...given,
  };
}

describe('the status', () => {
  const nowMs = Date.parse('2026-01-02T03:06:10.000Z');

  test('for a person', () => {
    const output = textSink(terminal);

    printStatus(
      output,
      statusDocument([
        processStatusDocument(),
        processStatusDocument({ name: 'web:web_01', pool: 'out', in_flight: 3, held: true, why: 'on hold: heap dump' }),
        processStatusDocument({ name: 'web:web_02', pool: 'unknown', in_flight: -1, why: 'no answer' }),
        processStatusDocument({ name: 'cron:cron', state: 'STOPPED', pool: 'none', uncounted: true, since: '' }),
      ]),
      nowMs,
    );

    expect(output.text).toMatchInlineSnapshot(`
      "PROCESS     STATE    POOL     IN FLIGHT  SINCE          WHY
      web:web_00  RUNNING  in       0          2 min 5 s ago
      web:web_01  RUNNING  out      3          2 min 5 s ago  on hold: heap dump
      web:web_02  RUNNING  unknown  unknown    2 min 5 s ago  no answer
      cron:cron   STOPPED  none     -          -
      "
    `);
  });

  test('for a pipe', () => {
    const output = textSink();

    printStatus(output, statusDocument([processStatusDocument()]), nowMs);

    expect(output.text).toBe('web:web_00\tRUNNING\tin\t0\t2 min 5 s ago\t\n');
  });

  test('of something that began after now, by a clock that was set, is as of now', () => {
    const output = textSink();

    printStatus(output, statusDocument([processStatusDocument({ since: '2026-01-02T04:00:00.000Z' })]), nowMs);

    expect(output.text).toContain('\t0 s ago\t');
  });
});

describe('a plan', () => {
  test('says the order, what is taken out, what counts, and how long at worst', () => {
    const plan: PlanDocument = {
      action: 'restart',
      worst_case_ms: 125_000,
      steps: [
        {
          title: 'group web',
          at_a_time: 1,
          worst_case_ms: 80_000,
          processes: [planned('web:web_00'), planned('web:web_01')],
        },
        {
          title: 'stage 2',
          at_a_time: 2,
          worst_case_ms: 35_000,
          processes: [planned('job:a'), planned('job:b', { in_flight_by: ['exec /usr/bin/jobs'] })],
        },
        {
          title: 'group cron',
          at_a_time: 1,
          worst_case_ms: 10_000,
          processes: [planned('cron:cron', { members: [], in_flight_by: [], deadline_ms: 0 })],
        },
      ],
    };
    const output = textSink();

    printPlan(output, plan);

    expect(output.text).toMatchInlineSnapshot(`
      "1. group web: 2 processes, 1 at a time, at worst 80 s
         web:web_00 (RUNNING): out of app/web_00 at /run/haproxy/admin.sock; work counted by lb at /run/haproxy/admin.sock; deadline 30 s, then stop
         web:web_01 (RUNNING): out of app/web_00 at /run/haproxy/admin.sock; work counted by lb at /run/haproxy/admin.sock; deadline 30 s, then stop
      2. stage 2: 2 processes, side by side, at worst 35 s
         job:a (RUNNING): out of app/web_00 at /run/haproxy/admin.sock; work counted by lb at /run/haproxy/admin.sock; deadline 30 s, then stop
         job:b (RUNNING): out of app/web_00 at /run/haproxy/admin.sock; work counted by exec /usr/bin/jobs; deadline 30 s, then stop
      3. group cron: 1 process, at worst 10 s
         cron:cron (RUNNING): in no pool, and nothing counts its work; stopped undrained
      restart: at worst 2 min 5 s in all
      "
    `);
  });

  test('has what a stop waits for, and its steps, on lines of their own', () => {
    const output = textSink(terminal);
    const capacity = ['app at /run/haproxy/admin.sock: 1 of 2'];
    const steps = ['before_stop: exec /usr/bin/hush', 'after_drain: pause 5s'];
    const processes = [
      planned('web:web_00', { capacity, capacity_wait_ms: 60_000, steps }),
      planned('job:job', { members: [], in_flight_by: [], steps }),
    ];

    printPlan(output, {
      action: 'stop',
      steps: [{ title: 'all', processes, at_a_time: 1, worst_case_ms: 1 }],
      worst_case_ms: 1,
    });

    expect(output.text.split('\n').slice(1, 8)).toMatchInlineSnapshot(`
      [
        "   web:web_00 (RUNNING): out of app/web_00 at /run/haproxy/admin.sock; work counted by lb at /run/haproxy/admin.sock; deadline 30 s, then stop",
        "     available now, waited for up to 60 s: app at /run/haproxy/admin.sock: 1 of 2",
        "     before_stop: exec /usr/bin/hush",
        "     after_drain: pause 5s",
        "   job:job (RUNNING): in no pool, and nothing counts its work; stopped undrained",
        "     before_stop: exec /usr/bin/hush",
        "     after_drain: pause 5s",
      ]
    `);
  });
});

describe('an error', () => {
  const error = new DrainctlError('POOL_REFUSED', 'it said no', { hint: 'ask again', details: { line: 3 } });

  test('for a person is on stderr, with its hint', () => {
    const streams = { stdout: textSink(), stderr: textSink() };

    printError(error, streams, false);

    expect([streams.stdout.text, streams.stderr.text]).toEqual(['', 'drainctl: it said no.\n  ask again\n']);
  });

  test('without a hint is one line', () => {
    const streams = { stdout: textSink(), stderr: textSink() };

    printError(new DrainctlError('INTERNAL', 'odd'), streams, false);

    expect(streams.stderr.text).toBe('drainctl: odd.\n');
  });

  test('of several lines, such as a place in a file, is left as it is', () => {
    const streams = { stdout: textSink(), stderr: textSink() };

    printError(new DrainctlError('CONFIG_INVALID', 'a.yaml:1:1: odd\n  key\n  ^'), streams, false);

    expect(streams.stderr.text).toBe('drainctl: a.yaml:1:1: odd\n  key\n  ^\n');
  });

  test('with --json is a document on stdout', () => {
    const streams = { stdout: textSink(), stderr: textSink() };

    printError(error, streams, true);

    expect(JSON.parse(streams.stdout.text)).toEqual({
      error: { code: 'POOL_REFUSED', message: 'it said no', hint: 'ask again', details: { line: 3 } },
    });
    expect(streams.stderr.text).toBe('');
  });
});

test('a JSON document ends in a newline', () => {
  const output = textSink();

  printJson(output, { a: 1 });

  expect(output.text).toBe('{\n  "a": 1\n}\n');
});
