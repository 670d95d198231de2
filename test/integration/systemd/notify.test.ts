import { describe, expect, test } from 'vitest';
import type { CommandContext } from '../../../src/cli/command.ts';
import { ServiceProgress } from '../../../src/cli/service-progress.ts';
import { ServiceNotifier } from '../../../src/systemd/notify.ts';
import { exitCodeOf, expectNoneFailed, startSteadyLoad, workUntilReleased } from '../../support/acceptance.ts';
import { textSink } from '../../support/doubles/text-sink.ts';
import { type Notification, type NotifyReceiver, startNotifyReceiver } from '../../support/notify-receiver.ts';
import { startStack } from '../../support/stack.ts';
import { waitFor } from '../../support/wait-for.ts';

/** Requests long enough that a drain is told of more than once. */
const slow = { connections: 12, path: '/?ms=3000' };

const context: CommandContext = {
  env: {},
  stdout: textSink(),
  stderr: textSink(),
  configFile: undefined,
  deadlineMs: undefined,
  json: false,
  quiet: false,
  color: false,
};

const noWarning = (message: string) => {
  throw new Error(message);
};

/** Waits until the receiver has told us of that many: it does so after it has taken them. */
async function received(receiver: NotifyReceiver, count: number): Promise<void> {
  await waitFor(() => receiver.messages().length >= count, { what: `${count} messages` });
}

describe('a notification', () => {
  test('arrives as sd_notify(3) has it', async () => {
    await using receiver = await startNotifyReceiver();
    const notifier = new ServiceNotifier({ NOTIFY_SOCKET: receiver.socket }, noWarning);

    notifier.notify({ status: 'draining web: 3 in flight', extendMs: 5_000 });
    await notifier.flush();
    await received(receiver, 1);

    expect(receiver.messages().map(({ text }) => text.trim())).toEqual([
      'STATUS=draining web: 3 in flight\nEXTEND_TIMEOUT_USEC=5000000',
    ]);
  });

  test('that comes while another is sent waits, and only the latest is sent', async () => {
    await using receiver = await startNotifyReceiver();
    const notifier = new ServiceNotifier({ NOTIFY_SOCKET: receiver.socket }, noWarning);

    for (const status of ['one', 'two', 'three']) notifier.notify({ status, extendMs: 0 });
    await notifier.flush();
    await received(receiver, 2);

    expect(receiver.messages().map(({ status }) => status)).toEqual(['one', 'three']);
  });

  test('that says nothing of the time-out does not extend it', async () => {
    await using receiver = await startNotifyReceiver();
    const notifier = new ServiceNotifier({ NOTIFY_SOCKET: receiver.socket }, noWarning);

    notifier.notify({ status: 'done', extendMs: 0 });
    await notifier.flush();
    await received(receiver, 1);

    expect(receiver.messages()).toMatchObject([{ status: 'done', extendMs: undefined }]);
  });

  test('that nobody takes is warned of once', async () => {
    const warnings: string[] = [];
    const notifier = new ServiceNotifier({ NOTIFY_SOCKET: '/nowhere/notify' }, (message) => warnings.push(message));

    for (const status of ['one', 'two']) {
      notifier.notify({ status, extendMs: 1_000 });
      await notifier.flush();
    }

    expect(warnings).toEqual([expect.stringContaining('TimeoutStopSec=')]);
  });
});

describe('a stage of a shutdown', () => {
  test('that takes longer than it can at worst is not extended any more, which is said once', async () => {
    await using receiver = await startNotifyReceiver();
    const stderr = textSink();
    const progress = new ServiceProgress({ ...context, env: { NOTIFY_SOCKET: receiver.socket }, stderr });

    progress.begin('waiting', 100);
    const last = await waitFor(
      () => {
        progress.stillWaits();
        const messages = receiver.messages();
        return messages.length > 2 && messages.at(-1);
      },
      { what: 'three messages' },
    );

    expect(receiver.messages()[0]).toMatchObject({ status: 'waiting: 0 s', extendMs: expect.closeTo(99, -2) });
    expect(last).toMatchObject({ status: expect.stringContaining('no more time'), extendMs: undefined });
    expect(stderr.text.match(/asked for no more time/g)).toHaveLength(1);
  });

  test('outside of systemd is told to nobody', async () => {
    const stderr = textSink();
    const progress = new ServiceProgress({ ...context, stderr });

    progress.begin('waiting', 0);
    await progress.end('done');

    expect([progress.isWanted, stderr.text]).toEqual([false, '']);
  });
});

describe('drainctl shutdown under systemd', () => {
  test('tells at once, then how far it is, and at last how it ended; and extends the time-out meanwhile', async () => {
    await using receiver = await startNotifyReceiver();
    await using stack = await startStack({ processes: 2 });
    const load = await startSteadyLoad(stack, slow);

    const command = stack.spawnDrainctl(['shutdown'], { env: { NOTIFY_SOCKET: receiver.socket } });
    const exitCode = await exitCodeOf(command);

    await expectNoneFailed(load);
    const isDone = () => receiver.messages().at(-1)?.status.startsWith('shutdown done');
    await waitFor(isDone, { what: 'the last message' });
    const messages = receiver.messages();
    const gapsS = messages.slice(1).map(({ atS }, index) => atS - (messages[index]?.atS ?? 0));
    expect(exitCode, command.stderr).toBe(0);
    expect(messages[0]).toMatchObject({ status: expect.stringMatching(/^asking supervisord/), extendMs: 20_000 });
    expect(messages.map(({ status }) => status)).toContainEqual(
      expect.stringMatching(/^draining web: \d+ in flight, 0 of 2 stopped, [\d.]+ s$/),
    );
    // It asks for twenty seconds each time.
    expect(Math.max(...gapsS)).toBeLessThan(15);
    expect(messages.slice(0, -1).map(({ extendMs }) => (extendMs ?? 0) > 1_000)).not.toContain(false);
    expect(messages.at(-1)).toMatchObject({
      status: expect.stringMatching(/^shutdown done: 2 of 2 processes.* supervisord has ended\.$/),
      extendMs: undefined,
    });
    expect(receiver.messages().map(({ text }) => text)).not.toContainEqual(expect.stringContaining('MAINPID'));
  });

  test('tells how far the gate is where supervisord is stopping already', async () => {
    await using receiver = await startNotifyReceiver();
    const work = workUntilReleased();
    await using stack = await startStack({ processes: 2, config: work.config });
    const load = await startSteadyLoad(stack);
    stack.supervisord.process.kill('SIGTERM');

    const command = stack.spawnDrainctl(['shutdown'], { env: { NOTIFY_SOCKET: receiver.socket } });
    const isWaiting = ({ status }: Notification) => /^waiting for supervisord, which is stopping already/.test(status);
    await waitFor(() => receiver.messages().some(isWaiting), { what: 'a message that it waits for supervisord' });
    work.release();
    const exitCode = await exitCodeOf(command);

    await expectNoneFailed(load);
    expect(exitCode, command.stderr).toBe(0);
  });
});
