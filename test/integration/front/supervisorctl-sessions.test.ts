import { beforeAll, describe, expect, test } from 'vitest';
import { drainedGroups, everyKindOfProgram } from '../../support/front/programs.ts';
import { pythonCalls } from '../../support/front/python-client.ts';
import { type CtlResult, startCtl, supervisorctl } from '../../support/front/supervisorctl.ts';
import { startTwins, type Twin, type Twins } from '../../support/front/twins.ts';
import { waitFor } from '../../support/wait-for.ts';

const readOnly = ['status', 'status all', 'pid', 'pid all', 'pid talker', 'avail', 'version', 'tail talker'] as const;

describe('supervisorctl', () => {
  let twins: Twins;

  beforeAll(async () => {
    twins = await startTwins({ programs: everyKindOfProgram, drained: drainedGroups });
  });

  /** Does the same at both, and expects the same output and exit status. */
  async function expectEqual(session: (twin: Twin) => Promise<CtlResult>): Promise<CtlResult> {
    const [direct, front] = await Promise.all([session(twins.direct), session(twins.front)]);
    expect(front).toEqual(direct);
    return front;
  }

  test.each(readOnly)('%s prints of one supervisord what it tells itself, process ids included', async (command) => {
    const { front } = twins;

    const direct = await supervisorctl({ ...front, serverUrl: front.supervisord.url }, command);
    const through = await supervisorctl(front, command);

    expect(withoutUptimes(through)).toEqual(withoutUptimes(direct));
  });

  test.each(['maintail', 'maintail -100'])('%s prints the main log', async (command) => {
    const { front } = twins;
    const direct = { ...front, serverUrl: front.supervisord.url };

    // supervisord may write into it between the two.
    const { output, exitStatus } = await waitFor(
      async () => {
        const [asked, through] = [await supervisorctl(direct, command), await supervisorctl(front, command)];
        if (!isEqual(asked, through)) throw new Error(JSON.stringify({ asked, through }));
        return through;
      },
      { what: 'the same log from both', timeoutMs: 20_000 },
    );

    expect(exitStatus).toBe(0);
    expect(output.join('\n').length).toBeGreaterThan(50);
  });

  test('tail -f shows what is there, then each line as it is written, and ends on Ctrl-C', async () => {
    const { output } = await expectEqual(async (twin) => {
      const tail = startCtl(twin, 'tail -f talker');
      await tail.waitFor('talker is up');
      await say(twin, 'a line while tail looks on');
      await tail.waitFor('a line while tail looks on');
      await say(twin, 'and é 日本語');
      await tail.waitFor('日本語');
      return tail.end('Ctrl-C');
    });

    expect(output).toContain('a line while tail looks on');
  });

  test('tail -f of standard error', async () => {
    await expectEqual(async (twin) => {
      const tail = startCtl(twin, 'tail -f talker stderr');
      await tail.waitFor('complain');
      return tail.end('Ctrl-C');
    });
  });

  test.each([
    ['tail -f nobody', '404'],
    ['tail -f web:web_00', '404'],
    ['tail -f web:*', '404'],
    ['fg web:web_00', '/stderr Cannot read, status code 404'],
  ])('%s, which has no log, is told so at once', async (command, refusal) => {
    await expectEqual(async (twin) => {
      const tail = startCtl(twin, command);
      await tail.waitFor(refusal);
      if (!command.startsWith('fg')) return tail.end('by itself');
      await tail.waitFor('/stdout Cannot read, status code 404');
      return inAnyOrder(await tail.leaveForeground());
    });
  });

  test('tail -f goes on while nothing is written, and over a clear of the log and a restart of the program', async () => {
    await expectEqual(async (twin) => {
      const tail = startCtl(twin, 'tail -f talker');
      await tail.waitFor('talker is up');
      await supervisorctl(twin, 'clear talker');
      await say(twin, 'after the clear');
      await tail.waitFor('after the clear');
      await supervisorctl(twin, 'restart talker');
      await say(twin, 'after the restart');
      await tail.waitFor('after the restart');
      return tail.end('Ctrl-C');
    });
  });

  test('maintail -f shows what supervisord logs', async () => {
    const { front } = twins;
    const tail = startCtl(front, 'maintail -f');
    await tail.waitFor('==> Press Ctrl-C to exit <==');

    await supervisorctl(front, 'restart web:web_00');
    await tail.waitFor("spawned: 'web_00' with pid");

    const { exitStatus, output } = await tail.end('Ctrl-C');
    const shown = output.slice(2).join('\n').trim();
    expect(exitStatus).toBe(0);
    expect(front.supervisord.log()).toContain(shown.split('\n').at(-1));
  });

  test('fg shows the output and passes on what is typed', async () => {
    const { output } = await expectEqual(async (twin) => {
      const session = startCtl(twin, 'fg talker');
      await session.waitFor('talker is up');
      await session.waitFor('complain');
      session.type('typed in the foreground');
      await session.waitFor('typed in the foreground');
      return inAnyOrder(await session.leaveForeground());
    });

    expect(output).toContain('typed in the foreground');
  });

  test('a tail -f that is left alone does not keep others waiting', async () => {
    const { front } = twins;
    const tails = Array.from({ length: 12 }, () => startCtl(front, 'tail -f talker'));
    for (const tail of tails) await tail.waitFor('talker is up');

    const startedAt = performance.now();
    const { exitStatus } = await supervisorctl(front, 'pid talker');

    expect(exitStatus).toBe(0);
    // Whoever is kept waiting waits for as long as they look on.
    expect(performance.now() - startedAt).toBeLessThan(30_000);
    for (const tail of tails) await tail.end('Ctrl-C');
  }, 180_000);
});

/** Makes the talker print this line, past the sidecar. */
async function say(twin: Twin, line: string): Promise<void> {
  const call = { method: 'supervisor.sendProcessStdin', params: ['talker', `${line}\n`] };
  await pythonCalls(twin, [call], twin.supervisord.url);
}

/** supervisorctl's fg reads both channels at once, and which is first is chance. */
function inAnyOrder(result: CtlResult): CtlResult {
  return { ...result, output: result.output.toSorted() };
}

/** The one thing that goes on between two commands. */
function withoutUptimes({ output, ...result }: CtlResult): CtlResult {
  return { ...result, output: output.map((line) => line.replace(/uptime \d+:\d\d:\d\d$/, 'uptime')) };
}

function isEqual(a: CtlResult, b: CtlResult): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
