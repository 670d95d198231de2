import { describe, expect, test } from 'vitest';
import { stepFailed } from '../../../../src/steps/failure.ts';
import { fails, name, step, worldWith } from '../../../support/doubles/scripted-steps.ts';
import { runTo } from '../../../support/doubles/scripted-world.ts';

describe('a step that is not done', () => {
  test('is a warning, and the run goes on', async () => {
    const world = worldWith({ before_stop: [step('knock', fails), step('next')] });
    const run = world.engine().begin('restart', [name], {});

    const result = await run.ended(AbortSignal.timeout(8_000));

    const { steps } = await run.wait(0, 0);
    expect(result.outcome).toBe('done');
    expect(result.message).toContain('web:web_00: before_stop 1 of 2 was not done: knock: nobody opens.');
    expect(world.calls).toContain('before_stop next web:web_00 restart');
    expect(steps.filter(({ kind }) => kind === 'warning').map(({ message }) => message)).toEqual([
      'web:web_00 goes on although a step was not done: before_stop 1 of 2, knock: nobody opens. Ring the bell.',
    ]);
  });

  test('with abort ends the run: nothing is stopped, and the process is put back', async () => {
    const world = worldWith({ before_stop: [step('knock', fails, 'abort'), step('next')] });

    const result = await runTo(world.engine(), 'restart', [name]);

    expect(result).toMatchObject({ outcome: 'failed', error_code: 'STEP_FAILED', hint: 'Ring the bell.' });
    expect(result.message).toContain(
      'web:web_00 was not stopped, because a step was not done: before_stop 1 of 2, knock: nobody opens. web:web_00 was put back and runs on.',
    );
    expect(world.calls).toEqual([
      'depool app/web_00 at pool-a',
      'before_stop knock web:web_00 restart',
      'repool app/web_00 at pool-a',
    ]);
  });

  test('with abort does not end a shutdown: the other steps of the list are left out, and it is stopped', async () => {
    const world = worldWith({
      before_stop: [step('knock', fails, 'abort'), step('next')],
      after_drain: [step('quit')],
    });

    const result = await runTo(world.engine(), 'shutdown', [], { keepSupervisord: true });

    expect(result.outcome).toBe('done');
    expect(world.calls.filter((call) => !call.includes('pool'))).toEqual([
      'before_stop knock web:web_00 shutdown',
      'after_drain quit web:web_00 shutdown',
      'stop web:web_00',
    ]);
  });

  test('leaves a process out that is not ready after the steps before', async () => {
    const world = worldWith(
      { before_stop: [step('close'), step('knock', fails, 'abort')] },
      { program: { ready: { http: undefined, exec: ['/bin/false'], deadlineMs: 1_000 } } },
    );

    const result = await runTo(world.engine(), 'restart', [name]);

    expect(result.message).toContain('web:web_00 stays out of its pools: after what its steps did it is not ready');
    expect(world.calls).not.toContain('repool app/web_00 at pool-a');
    expect((await world.journal()).entries).toHaveLength(1);
  });

  test('is none where the process has ended by then', async () => {
    const world = worldWith({
      before_stop: [
        step(
          'quit',
          () => {
            world.supervisor.become(name, 'EXITED');
            throw stepFailed('quit', 'connection reset', 'Look.');
          },
          'abort',
        ),
        step('next'),
      ],
    });

    const result = await runTo(world.engine(), 'stop', [name]);

    expect(result).toMatchObject({ outcome: 'done', cut: 0 });
    expect(world.calls.some((call) => call.includes('next'))).toBe(false);
  });
});
