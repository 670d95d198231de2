import { describe, expect, test } from 'vitest';
import { historyOf, statusOf, waitForServerOut } from '../../support/acceptance.ts';
import { bypassWarning, waitForRun, waitForState } from '../../support/damage.ts';
import { startStack } from '../../support/stack.ts';
import { waitFor } from '../../support/wait-for.ts';

const lenientCheck = { checkFall: 1_000 } as const;

describe('supervisorctl past the sidecar', () => {
  test('stop: the process is depooled at once, and the log says how to close the way', async () => {
    await using stack = await startStack({ processes: 2, haproxy: lenientCheck });

    await stack.supervisord.ctl(['stop', 'web:web_00']);

    await waitForServerOut(stack.haproxy, 'web_00');
    await waitForRun(stack, 'depool');
    const { processes } = await statusOf(stack);
    expect(processes[0]).toMatchObject({
      pool: 'out',
      why: 'stopped past drainctl; taken out by drainctl; goes back when it runs and is ready',
    });
    expect(stack.supervisord.listenerLog()).toContain(
      `web:web_00 is being stopped past drainctl, by a client of supervisord's own socket; its requests in flight may be cut off. ` +
        `Point that client (serverurl of [supervisorctl], Ansible, …) to ${stack.sidecarUrl}`,
    );
  });

  test('restart: the process goes back when it is ready', async () => {
    await using stack = await startStack({ processes: 2 });

    await stack.supervisord.ctl(['restart', 'web:web_00']);

    const depool = await waitForRun(stack, 'depool');
    const recovery = await waitForRun(stack, 'recover');
    await stack.waitForHealthy();
    expect([depool.outcome, recovery.outcome]).toEqual(['done', 'done']);
    expect((await statusOf(stack)).processes[0]).toMatchObject({ pool: 'in', why: '' });
  });

  test('stop all, which stops the sidecar too: all are depooled before it ends', async () => {
    await using stack = await startStack({ processes: 3, haproxy: lenientCheck });

    await stack.supervisord.ctl(['stop', 'all']);

    for (const name of ['web_00', 'web_01', 'web_02']) await waitForServerOut(stack.haproxy, name);
    await waitForState(stack, 'drain:drain', 'STOPPED');
    expect(stack.supervisord.listenerLog()).toMatch(/(web:web_0\d(, )?){3} are being stopped past drainctl/);
  });

  test('stop of a process on hold: it stays on hold, and there is nothing to warn of', async () => {
    await using stack = await startStack({ processes: 2 });
    await stack.drainctl(['drain', 'web:web_00', '--reason', 'heap dump']);

    await stack.supervisord.ctl(['restart', 'web:web_00']);

    await stack.supervisord.waitForRunning();
    await waitFor(async () => (await statusOf(stack)).processes[0]?.state === 'RUNNING', { what: 'web_00 to run' });
    expect((await statusOf(stack)).processes[0]).toMatchObject({ held: true, why: 'on hold: heap dump' });
    expect(stack.supervisord.listenerLog()).not.toMatch(bypassWarning);
    expect((await historyOf(stack)).map(({ action }) => action)).toEqual(['drain']);
  });
});

describe('drainctl itself gives no false alarm', () => {
  test('in a stop, a start and a restart', async () => {
    await using stack = await startStack({ processes: 2 });

    await stack.drainctl(['stop', 'all']);
    await stack.drainctl(['start', 'all']);
    await stack.drainctl(['restart', 'all']);

    await stack.waitForHealthy();
    expect(stack.supervisord.listenerLog()).not.toMatch(bypassWarning);
    expect((await historyOf(stack)).map(({ action }) => action)).toEqual(['restart', 'start', 'stop']);
  });

  test('in a shutdown', async () => {
    await using stack = await startStack({ processes: 2 });

    await stack.drainctl(['shutdown']);

    await stack.supervisord.waitForExit();
    expect(stack.supervisord.listenerLog()).not.toMatch(bypassWarning);
    expect((await historyOf(stack)).map(({ action }) => action)).not.toContain('depool');
  });

  test('in the gate', async () => {
    await using stack = await startStack({ processes: 2 });

    await stack.supervisord.ctl(['shutdown']);

    await stack.supervisord.waitForExit();
    expect(stack.supervisord.listenerLog()).not.toMatch(bypassWarning);
    expect((await historyOf(stack)).map(({ action }) => action)).toEqual(['gate']);
  });
});
