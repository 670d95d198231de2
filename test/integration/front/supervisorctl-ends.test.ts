import { beforeAll, describe, expect, test } from 'vitest';
import { normalisedCtl } from '../../support/front/supervisorctl.ts';
import { startFront, startTwins, type Twin, waitForTwin } from '../../support/front/twins.ts';
import { waitFor } from '../../support/wait-for.ts';

const sleeper = { command: '/bin/sleep 3600', startsecs: 0 } as const;
const web = [{ name: 'web', numprocs: 2, ...sleeper }] as const;

describe('supervisorctl at the end of supervisord', () => {
  test('reload, then shutdown, then what comes too late are answered as by supervisord', async () => {
    const twins = await startTwins({ programs: () => web, drained: ['web'] });
    const both = async (command: string) => {
      const [direct, front] = await Promise.all(twins.both.map((twin) => normalisedCtl(twin, command)));
      expect(front).toEqual(direct);
      return front?.output;
    };
    const pids = await Promise.all(twins.both.map((twin) => pidOf(twin, 'web:web_00')));

    expect(await both('reload')).toEqual(['Restarted supervisord', '']);
    await Promise.all(twins.both.map((twin, index) => waitForOther(twin, pids[index] ?? '')));
    await both('status');
    expect(await both('shutdown')).toEqual(['Shut down', '']);
    await Promise.all(twins.both.map(({ supervisord }) => supervisord.waitForExit()));

    for (const command of ['status', 'stop web:*', 'restart all', 'shutdown', 'pid', 'tail web:web_00']) {
      expect((await both(command))?.join('\n')).toMatch(/no such file|No such file/);
    }
  });

  test('a second shutdown is told that supervisord is shutting down', async () => {
    const front = await startFront({
      programs: (directory) => [
        {
          name: 'stubborn',
          command: `/bin/sh -c "trap : TERM; while ! test -e ${directory.file('may-end')}; do sleep 0.1; done"`,
          startsecs: 1,
          stopwaitsecs: 120,
        },
      ],
      drained: ['stubborn'],
    });

    const first = await normalisedCtl(front, 'shutdown');
    const second = await normalisedCtl(front, 'shutdown');
    front.directory.write('may-end', '');
    await front.supervisord.waitForExit();

    expect(first).toMatchObject({ output: ['Shut down', ''], exitStatus: 0 });
    expect(second).toMatchObject({ output: ['ERROR: already shutting down', ''], exitStatus: 0 });
  });
});

describe('supervisorctl and a drain that ends in a hold', () => {
  let front: Twin;

  beforeAll(async () => {
    front = await startFront({ programs: () => web, busy: ['web'] });
  });

  test.each(['stop web:web_00', 'stop web:*', 'stop all'])('%s says why, and stops nothing', async (command) => {
    const before = await front.supervisord.states();

    const { output, exitStatus } = await normalisedCtl(front, command);

    expect(output.join('\n')).toMatch(
      /^FAILED: web:web_00 was not drained: 1 in flight .+ Put it back with "drainctl pool web:web_00"/,
    );
    expect(exitStatus).toBe(1);
    expect(await front.supervisord.states()).toEqual(before);
  });
});

test('supervisorctl restart of what is held leaves it running, and says so', async () => {
  const front = await startFront({ programs: () => web, busy: ['web'] });
  const before = await front.supervisord.ctl(['pid', 'web:web_00']);

  const { output, exitStatus } = await normalisedCtl(front, 'restart web:web_00');

  expect(output[0]).toContain('was not drained');
  expect(output.slice(1)).toEqual(['web:web_00: ERROR (already started)', '']);
  expect(exitStatus).toBe(1);
  expect(await front.supervisord.ctl(['pid', 'web:web_00'])).toEqual(before);
});

/**
 * supervisord 4.2.5 counts the characters of an answer that it gives late, not its bytes: what waits and names a process
 * such as `café` is cut short, and no client can read it.
 */
describe('supervisorctl and a name that is not ASCII', () => {
  const programs = () => [{ name: 'café', ...sleeper }];
  const commands = [
    'status',
    'status café',
    'stop café',
    'start café',
    'restart café',
    'tail café',
    'avail',
    'start café',
  ];

  test('does with it what supervisord does', async () => {
    const twins = await startTwins({ programs, drained: ['café'] });

    for (const command of commands) {
      const [direct, front] = await Promise.all(twins.both.map((twin) => normalisedCtl(twin, command)));
      expect(front).toEqual(direct);
    }
  });

  test('gets a readable answer to stop all, which supervisord itself cuts short', async () => {
    const front = await startFront({ programs, drained: ['café'] });

    const { output, exitStatus } = await normalisedCtl(front, 'stop all');

    expect({ output, exitStatus }).toEqual({ output: ['café: stopped', ''], exitStatus: 0 });
  });
});

async function pidOf(twin: Twin, name: string): Promise<string> {
  return (await twin.supervisord.ctl(['pid', name])).stdout;
}

/** Waits until supervisord has come up again, with another process than this, and the sidecar with it. */
async function waitForOther(twin: Twin, pid: string): Promise<void> {
  await waitFor(
    async () => {
      const now = await pidOf(twin, 'web:web_00');
      if (!/^[1-9]\d*$/.test(now) || now === pid) throw new Error(now);
      return true;
    },
    { what: 'supervisord to be up again', timeoutMs: 40_000, intervalMs: 100 },
  );
  await waitForTwin(twin);
}
