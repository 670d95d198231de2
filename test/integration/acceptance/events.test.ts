import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { expectNoneFailed, historyOf, sidecarPid, startSteadyLoad, statusOf } from '../../support/acceptance.ts';
import { pidOf } from '../../support/damage.ts';
import { spawnDrainctl, writeConfig } from '../../support/drainctl.ts';
import { freePort } from '../../support/free-port.ts';
import type { RunningProcess } from '../../support/processes.ts';
import { startStack } from '../../support/stack.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { waitFor } from '../../support/wait-for.ts';
import { webCommand } from '../../support/web-server.ts';

const names = ['web_00', 'café', '日本語', 'e\u0301té', '😀-👩‍👩‍👧', 'ß'];

/** The event that supervisord 4 on Python 3 sends: `len` counts code points. */
function event(serial: number, name: string): string {
  const payload = `processname:${name} groupname:${name} from_state:STARTING pid:${1000 + serial}`;
  const header = `ver:3.0 server:supervisor serial:${serial} pool:drain poolserial:${serial} eventname:PROCESS_STATE_RUNNING len:${[...payload].length}`;
  return `${header}\n${payload}`;
}

/** A listener whose standard input is the test's, and which has said that it is ready. */
async function startListener(): Promise<RunningProcess> {
  const directory = temporaryDirectory();
  const config = writeConfig(directory, {
    supervisor: { url: `unix://${directory.file('supervisor.sock')}` },
    sidecar: { socket: directory.file('drainctl.sock') },
    state_dir: directory.file('state'),
  });
  const listener = spawnDrainctl(['listen'], { config, mark: directory.path });
  await waitFor(() => listener.stdout === 'READY\n', { what: 'READY' });
  return listener;
}

/** What standard output must hold, to the byte, after so many events. */
function acknowledged(events: number): string {
  return `READY\n${'RESULT 2\nOKREADY\n'.repeat(events)}`;
}

async function waitForAcknowledged(listener: RunningProcess, events: number): Promise<void> {
  const wanted = acknowledged(events);
  await waitFor(() => listener.stdout.length >= wanted.length, { what: `${events} results`, intervalMs: 1 });
  expect(listener.stdout).toBe(wanted);
}

/** Closes its input, as a supervisord that has gone does, and gives what it logged. */
async function endOf(listener: RunningProcess): Promise<string> {
  listener.stdin?.end();
  await waitFor(() => !listener.running, { what: 'the end of the listener' });
  return listener.stderr;
}

const misread = /skipped bytes|dropped/;

describe('drainctl listen', () => {
  test('loses none of 500 events in a burst, and misreads none', async () => {
    const listener = await startListener();
    const burst = Array.from({ length: 500 }, (_, index) => event(index + 1, names[index % names.length] ?? ''));

    listener.stdin?.write(burst.join(''));

    await waitForAcknowledged(listener, 500);
    expect(await endOf(listener)).not.toMatch(misread);
  });

  test('notices an event that was dropped', async () => {
    const listener = await startListener();

    listener.stdin?.write(event(1, 'café') + event(3, 'café'));

    await waitForAcknowledged(listener, 2);
    expect(await endOf(listener)).toContain('"lost":1');
  });

  test('reads an event split at any byte', async () => {
    const listener = await startListener();
    const length = Buffer.byteLength(event(100, 'c😀é'));

    for (let at = 1; at < length; at += 1) {
      const bytes = Buffer.from(event(99 + at, 'c😀é'));
      listener.stdin?.write(bytes.subarray(0, at));
      // Long enough for a read of its own; the result does not depend on it.
      await delay(1);
      listener.stdin?.write(bytes.subarray(at));
      await waitForAcknowledged(listener, at);
    }

    expect(await endOf(listener)).not.toMatch(misread);
  });

  test('reads events that come byte by byte', async () => {
    const listener = await startListener();

    for (const byte of Buffer.from(names.map((name, index) => event(index + 1, name)).join(''))) {
      listener.stdin?.write(Buffer.of(byte));
      await delay(0);
    }

    await waitForAcknowledged(listener, names.length);
    expect(await endOf(listener)).not.toMatch(misread);
  });
});

/**
 * A program that, on USR2, makes supervisord send 100 PROCESS_COMMUNICATION events. Of more in one read supervisord 4.2.5,
 * which takes them apart by recursion, drops some itself. A file beside it tells that it is ready.
 * http://supervisord.org/events.html#process-communication-event-type
 */
const chatterbox = `
import { writeFileSync } from 'node:fs';
const block = (index) => '<!--XSUPERVISOR:BEGIN-->日本 😀 ' + index + ' é'.repeat(index % 7) + '<!--XSUPERVISOR:END-->';
process.on('SIGUSR2', () => {
  process.stdout.write(Array.from({ length: 100 }, (_, index) => block(index)).join(''));
});
writeFileSync(new URL('ready', import.meta.url), '');
setInterval(() => {}, 60_000);
`;

describe('the sidecar under a real supervisord', () => {
  test('with a program whose name is not ASCII drains and restarts it, and no event is lost', async () => {
    const port = await freePort();
    await using stack = await startStack({
      processes: 1,
      programs: [{ name: 'café', command: webCommand(['--port', `${port}`, '--name', 'cafe']) }],
      haproxy: { extraBackend: `server cafe 127.0.0.1:${port} check` },
      config: (config) => ({
        ...config,
        programs: { ...config.programs, café: { members: [{ pool: 'lb', server: 'app/cafe' }] } },
      }),
    });
    const load = await startSteadyLoad(stack);
    await waitFor(() => load.answers.has('cafe'), { what: 'an answer of café' });

    const { exitCode, stderr } = await stack.drainctl(['restart', 'café:café']);

    await expectNoneFailed(load);
    expect(exitCode, stderr).toBe(0);
    expect(stderr).toContain('café:café drained after');
    expect((await historyOf(stack))[0]).toMatchObject({ action: 'restart', names: ['café:café'], outcome: 'done' });
    expect(stack.supervisord.listenerLog()).not.toMatch(misread);
  });

  test('takes a burst of 500 events whose text is not ASCII, and goes on', async () => {
    const files = temporaryDirectory();
    const command = `${process.execPath} ${files.write('chatterbox.mjs', chatterbox)}`;
    await using stack = await startStack({
      processes: 1,
      peer: false,
      programs: [{ name: 'café', command, stdout_capture_maxbytes: '1MB' }],
      listener: { events: 'PROCESS_STATE,PROCESS_GROUP,SUPERVISOR_STATE_CHANGE,TICK_5,PROCESS_COMMUNICATION' },
    });
    const pid = await sidecarPid(stack);
    const processed = () => stack.supervisord.log().match(/drain: event was processed/g)?.length ?? 0;
    await waitFor(() => existsSync(files.file('ready')), { what: 'the program to be ready' });
    const before = processed();
    const chatterboxPid = await pidOf(stack, 'café');

    for (let events = 100; events <= 500; events += 100) {
      process.kill(chatterboxPid, 'SIGUSR2');
      await waitFor(() => processed() >= before + events, { what: `${events} events to be processed` });
    }

    expect(stack.supervisord.listenerLog()).not.toMatch(misread);
    expect(await sidecarPid(stack)).toBe(pid);
    expect((await statusOf(stack)).sidecar).toBe(true);
  });
});
