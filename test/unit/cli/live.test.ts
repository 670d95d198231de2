import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CommandContext } from '../../../src/cli/command.ts';
import { progressView } from '../../../src/cli/live.ts';
import type { ProcessProgress, Step } from '../../../src/drain/api.ts';
import { type TextSink, textSink } from '../../support/doubles/text-sink.ts';

function context(stderr: TextSink, given: Partial<CommandContext> = {}): CommandContext {
  return {
    env: {},
    stdout: textSink(),
    stderr,
    configFile: undefined,
    deadlineMs: undefined,
    json: false,
    quiet: false,
    color: false,
    ...given,
  };
}

function step(message: string, given: Partial<Step> = {}): Step {
  return { seq: 1, at: '', process: '', phase: '', kind: 'info', in_flight: -1, message, ...given };
}

function progress(name: string, given: Partial<ProcessProgress> = {}): ProcessProgress {
  return {
    name,
    phase: 'drain',
    doing: '',
    in_flight: 3,
    elapsed_ms: 4_000,
    deadline_ms: 30_000,
    outcome: '',
    ...given,
  };
}

describe('without a terminal', () => {
  test('each step is a line, progress too', () => {
    const stderr = textSink();

    progressView(context(stderr)).show([step('depooled'), step('3 in flight\u001b[2J', { kind: 'progress' })], []);

    expect(stderr.text).toBe('depooled\n3 in flight [2J\n');
  });
});

describe('with --quiet', () => {
  test('nothing is said, at a terminal neither', () => {
    const stderr = textSink({ columns: 80, rows: 24 });
    const view = progressView(context(stderr, { quiet: true }));

    view.show([step('depooled')], [progress('web:web_00')]);
    view.end();

    expect(stderr.text).toBe('');
  });
});

describe('at a terminal', () => {
  test('a line stands for each process that is being worked on', () => {
    const stderr = textSink({ columns: 80, rows: 24 });

    progressView(context(stderr)).show(
      [step('depooled'), step('not said', { kind: 'progress' })],
      [progress('web:web_00'), progress('web:web_01', { phase: '' }), progress('web:web_02', { outcome: 'done' })],
    );

    expect(stderr.text).toBe('depooled\n  web:web_00 draining: 3 in flight, 4 s of 30 s\n');
  });

  test('is cleared before it is drawn anew, and at the end', () => {
    const stderr = textSink({ columns: 80, rows: 24 });
    const view = progressView(context(stderr));

    view.show([], [progress('a:a'), progress('b:b')]);
    const drawn = stderr.text.length;
    view.show([], []);
    view.end();

    expect(stderr.text.slice(drawn)).toBe('\u001b[2A\r\u001b[J');
  });

  test('what matters is coloured where colours are wanted', () => {
    const stderr = textSink({ columns: 80, rows: 24 });

    progressView(context(stderr, { color: true })).show([step('is still in a pool', { kind: 'warning' })], []);

    expect(stderr.text).toBe('\u001b[33mis still in a pool\u001b[39m\n');
  });

  test('what does not fit the height is counted', () => {
    const stderr = textSink({ columns: 80, rows: 5 });

    progressView(context(stderr)).show(
      [],
      ['a:a', 'b:b', 'c:c', 'd:d', 'e:e'].map((name) => progress(name)),
    );

    expect(stderr.text.split('\n').slice(-2)).toEqual(['... and 2 more', '']);
  });

  test('no line is wider, and there are no more lines, than the terminal has, whatever the names', () => {
    const anyName = fc.string({ minLength: 1, maxLength: 60 });
    const anySize = fc.record({ columns: fc.integer({ min: 20, max: 90 }), rows: fc.integer({ min: 4, max: 30 }) });

    fc.assert(
      fc.property(fc.array(anyName, { maxLength: 40 }), anySize, (names, size) => {
        const stderr = textSink(size);

        progressView(context(stderr)).show(
          [],
          names.map((name) => progress(name)),
        );

        const lines = stderr.text.split('\n').slice(0, -1);
        expect(Math.max(0, ...lines.map((line) => line.length))).toBeLessThan(size.columns);
        expect(lines.length).toBeLessThan(size.rows);
      }),
    );
  });
});
