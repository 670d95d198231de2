import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { SidecarClient } from '../../../src/sidecar/client.ts';
import {
  expectIdleStops,
  expectNoneFailed,
  historyOf,
  killSidecar,
  sidecarPid,
  startHeldRequest,
  startSteadyLoad,
  stickyHaproxy,
  workUntilReleased,
} from '../../support/acceptance.ts';
import { signalProcess } from '../../support/marked-processes.ts';
import { type Stack, startStack } from '../../support/stack.ts';
import { waitFor } from '../../support/wait-for.ts';

const few = { connections: 20 };

/** Ends supervisord with SIGTERM, and resolves when its sidecar holds the gate. */
async function closeGate(stack: Stack): Promise<void> {
  stack.supervisord.process.kill('SIGTERM');
  await waitFor(() => stack.supervisord.listenerLog().includes('it waits until everything has drained'), {
    what: 'the gate to be held',
  });
}

/** Says something to the owner of the lock, as another drainctl would, and gives its answer. */
async function sayToLockOwner(stack: Stack, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(`${stack.stateDir}/lock.sock`, () => socket.write(`${text}\n`));
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      answer += chunk;
    });
    socket.once('end', () => resolve(answer));
    socket.once('error', reject);
  });
}

describe('the gate', () => {
  test('of a sidecar to which supervisord never told what it runs drains what the kernel tells', async () => {
    // As where it was started in the very moment of the stop.
    await using stack = await startStack({
      processes: 2,
      config: (config) => ({ ...config, supervisor: { url: 'unix:///nonexistent/supervisor.sock' } }),
    });
    const load = await startSteadyLoad(stack, few);

    stack.supervisord.process.kill('SIGTERM');
    await stack.supervisord.waitForExit();

    await expectNoneFailed(load);
    expectIdleStops(stack);
    expect(stack.supervisord.listenerLog()).toContain('the gate opens: gate done: 2 of 2 processes');
  });

  test('is opened neither by a cancel nor by another run nor by who wants the lock', async () => {
    const work = workUntilReleased();
    await using stack = await startStack({ processes: 2, config: work.config });
    const load = await startSteadyLoad(stack, few);
    const sidecar = new SidecarClient(stack.sidecarUrl.replace('unix://', ''));
    await closeGate(stack);

    const owners = await Promise.all(
      ['give way to shutdown', 'give way to gate'].map((text) =>
        waitFor(() => sayToLockOwner(stack, text), { what: 'an answer of the owner of the lock' }),
      ),
    );
    const starts = await Promise.allSettled([sidecar.start('shutdown', [], {}), sidecar.start('restart', ['all'], {})]);
    const [cancel, stop] = await Promise.all([stack.drainctl(['cancel']), stack.drainctl(['stop', 'all'])]);
    const stillHeld = stack.stops().length === 0 && stack.supervisord.process.running;
    work.release();
    await stack.supervisord.waitForExit();

    await expectNoneFailed(load);
    expect(stillHeld).toBe(true);
    expect(owners).toEqual([expect.stringContaining('"gate"'), expect.stringContaining('"gate"')]);
    expect(starts).toMatchObject([
      { reason: { code: 'SUPERVISOR_SHUTTING_DOWN' } },
      { reason: { code: 'SUPERVISOR_SHUTTING_DOWN' } },
    ]);
    expect([cancel.exitCode, stop.exitCode]).toEqual([5, 5]);
    expect(cancel.stderr).toContain('supervisord is stopping, and is held up until everything has drained');
    expectIdleStops(stack);
    expect((await historyOf(stack))[0]).toMatchObject({ action: 'gate', outcome: 'done', cut: 0 });
  });

  test("holds although somebody has removed supervisord's socket", async () => {
    await using stack = await startStack({ processes: 2 });
    const load = await startSteadyLoad(stack, few);
    rmSync(stack.supervisord.socketPath);

    await closeGate(stack);
    await stack.supervisord.waitForExit();

    await expectNoneFailed(load);
    expectIdleStops(stack);
  });

  test('holds when supervisord stops while a new sidecar is still reading its configuration', async () => {
    await using stack = await startStack({ processes: 2 });
    const load = await startSteadyLoad(stack, few);
    const config = readFileSync(stack.configFile, 'utf8');
    rmSync(stack.configFile);
    // Who opens a pipe to read waits until somebody opens it to write: that is how far the new sidecar comes.
    execFileSync('mkfifo', [stack.configFile]);
    const killed = await killSidecar(stack);
    const writer = await waitFor(() => openSync(stack.configFile, constants.O_WRONLY | constants.O_NONBLOCK), {
      what: 'the new sidecar to read its configuration',
    });
    const pid = await sidecarPid(stack);
    stack.supervisord.process.kill('SIGTERM');
    await waitFor(() => stack.supervisord.log().includes(`killing drain (pid ${pid}) with signal SIGTERM`), {
      what: 'SIGTERM to the new sidecar',
    });
    writeSync(writer, config);
    closeSync(writer);

    await stack.supervisord.waitForExit();

    await expectNoneFailed(load);
    expect(pid).not.toBe(killed);
    expectIdleStops(stack);
  });

  test('ends within seconds when supervisord is killed', async () => {
    await using stack = await startStack({ processes: 2, peer: false, haproxy: stickyHaproxy });
    const long = await startHeldRequest(stack);
    const pid = await sidecarPid(stack);
    await closeGate(stack);

    stack.supervisord.process.kill('SIGKILL');

    await waitFor(() => !signalProcess(pid, 0), { what: 'the end of the sidecar', timeoutMs: 15_000 });
    expect(long.result.failures).toEqual([]);
    await long.close();
  });
});
