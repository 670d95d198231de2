import { describe, expect, test } from 'vitest';
import { emptyJournal } from '../../../../src/drain/journal-file.ts';
import type { EngineView } from '../../../../src/drain/view.ts';
import { HealthBook } from '../../../../src/sidecar/http/health-book.ts';
import { monotonicMs } from '../../../../src/time.ts';
import { processConfig, processInfo } from '../../../support/doubles/processes.ts';
import { waitFor } from '../../../support/wait-for.ts';

/** What an engine knows that asked supervisord a moment ago. */
function viewOf(names: readonly string[], given: Partial<EngineView> = {}): EngineView {
  return {
    snapshot: {
      infos: names.map((name) => processInfo(name)),
      configs: new Map(names.map((name) => [name, processConfig(name)])),
    },
    contact: { askedAtMs: monotonicMs(), answeredAtMs: monotonicMs(), error: undefined },
    journal: emptyJournal,
    runs: [],
    supervisordStops: false,
    ...given,
  };
}

describe('the health', () => {
  test('is found by group and by process', () => {
    const view = viewOf(['web:web_00', 'web:web_01', 'cat:cat']);
    const book = new HealthBook(() => view);

    expect(['web', 'web:web_01', 'cat', 'cat:cat'].map((name) => book.find(name)?.state)).toEqual([
      'up',
      'up',
      'up',
      'up',
    ]);
  });

  test('is not there for what is no name of a process', () => {
    const view = viewOf(['web:web_00']);
    const book = new HealthBook(() => view);

    expect(['api', 'web_00', 'web:', 'web:*', '', 'constructor'].map((name) => book.find(name))).toEqual(
      Array.from({ length: 6 }, () => undefined),
    );
  });

  test('leaves out the sidecar itself', () => {
    const view = viewOf(['web:web_00', 'drain:drain']);
    const configs = new Map([['drain:drain', processConfig('drain:drain', { command: '/usr/bin/drainctl listen' })]]);
    const book = new HealthBook(() => ({ ...view, snapshot: { infos: view.snapshot?.infos ?? [], configs } }));

    expect(book.names()).toEqual(['web', 'web:web_00']);
  });

  test('of any number of questions at once costs one look', () => {
    let looks = 0;
    const view = viewOf(['web:web_00']);
    const book = new HealthBook(() => {
      looks += 1;
      return view;
    });

    for (let question = 0; question < 1_000; question += 1) book.find('web:web_00');

    expect(looks).toBeLessThan(20);
  });

  test('follows what the engine knows', async () => {
    let view = viewOf(['web:web_00']);
    const book = new HealthBook(() => view);
    book.overall();

    view = viewOf(['web:web_00'], { supervisordStops: true });

    await waitFor(() => book.overall().state === 'draining', { what: 'the health to be draining' });
  });
});

describe('an event', () => {
  test.each(['EXITED', 'STOPPED', 'FATAL', 'BACKOFF'] as const)('%s makes a process down at once', (state) => {
    const view = viewOf(['web:web_00']);
    const book = new HealthBook(() => view);
    book.find('web:web_00');

    book.learn({ fullName: 'web:web_00', state });

    expect(book.find('web:web_00')).toEqual({
      name: 'web:web_00',
      group: 'web',
      state: 'down',
      why: `supervisord says ${state}`,
    });
  });

  test('that tells of RUNNING is not believed before supervisord says so itself', () => {
    const view = viewOf(['web:web_00'], {
      snapshot: {
        infos: [processInfo('web:web_00', 'STARTING')],
        configs: new Map([['web:web_00', processConfig('web:web_00')]]),
      },
    });
    const book = new HealthBook(() => view);

    book.learn({ fullName: 'web:web_00', state: 'RUNNING' });

    expect(book.find('web:web_00')?.state).toBe('down');
  });

  test('counts no more once supervisord was asked after it', async () => {
    let view = viewOf(['web:web_00']);
    const book = new HealthBook(() => view);
    book.learn({ fullName: 'web:web_00', state: 'EXITED' });
    book.find('web:web_00');

    view = viewOf(['web:web_00']);

    await waitFor(() => book.find('web:web_00')?.state === 'up', { what: 'the process to be up' });
  });
});

describe('while supervisord does not answer', () => {
  test('a process is as it was last known', () => {
    const view = viewOf(['web:web_00'], { contact: { askedAtMs: 0, answeredAtMs: -100_000, error: undefined } });
    const book = new HealthBook(() => view);

    expect([book.overall().state, book.find('web:web_00')?.state]).toEqual(['down', 'up']);
  });
});
