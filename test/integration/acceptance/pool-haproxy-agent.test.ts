import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import {
  expectIdleStops,
  expectNoneFailed,
  killSidecar,
  sidecarPid,
  startSteadyLoad,
  statusOf,
} from '../../support/acceptance.ts';
import { expectDrainedRestarts, restartsTimeoutMs } from '../../support/acceptance-pool.ts';
import { agentWords, patientCheck } from '../../support/contracts/haproxy-agent.ts';
import { freePort } from '../../support/free-port.ts';
import { type Stack, type StackOptions, startStack } from '../../support/stack.ts';
import type { StackConfig } from '../../support/stack-config.ts';
import { waitFor } from '../../support/wait-for.ts';

const held = 'web:web_00';

type PoolKeys = Readonly<Record<string, unknown>>;

/** It is known who asks, so that a sidecar knows as soon as it was asked. */
const oneHaproxy: PoolKeys = { agent_inter: '2s', checkers: ['127.0.0.1'] };

/** The configuration with an agent port in place of HAProxy's sockets; what is in flight the processes say themselves. */
function withAgent(config: StackConfig, port: number, keys: PoolKeys): object {
  const { web } = config.programs;
  const url = web.ready.http.replace('/health', '/load');
  return {
    ...config,
    pools: { lb: { driver: 'haproxy', agent: `127.0.0.1:${port}`, ...keys } },
    programs: { web: { ...web, in_flight: [{ probe: 'http', url }] } },
  };
}

/** HAProxy asks the sidecar, and nobody speaks to its admin socket but the test, to look. */
async function startAsked(
  options: StackOptions = {},
  keys: PoolKeys = oneHaproxy,
  rest: object = {},
): Promise<{ stack: Stack; config: object }> {
  const port = await freePort();
  let written: object = {};
  const stack = await startStack({
    processes: 2,
    peer: false,
    haproxy: { extraBackend: patientCheck },
    serverWords: (name) => agentWords(port, name, { interMs: 200 }),
    config(config) {
      written = { ...withAgent(config, port, keys), ...rest };
      return written;
    },
    ...options,
  });
  return { stack, config: written };
}

async function expectDone(stack: Stack, args: readonly string[]): Promise<void> {
  const { exitCode, stderr } = await stack.drainctl(args);
  expect(exitCode, `${args.join(' ')}: ${stderr}`).toBe(0);
}

/** The held member is out in HAProxy, and the sidecar knows that each HAProxy was told so. */
async function expectHeldOut(stack: Stack): Promise<void> {
  expect(await stack.haproxy.serversOut()).toEqual(['web_00']);
  await waitFor(
    async () => {
      const { processes } = await statusOf(stack);
      const [member] = processes.find(({ name }) => name === held)?.members ?? [];
      return member?.placement === 'out' && member.ours;
    },
    { what: 'the member to be out by our hand' },
  );
  expect(await stack.haproxy.serversOut()).toEqual(['web_00']);
}

/** The rules of which `drainctl check` has findings. */
async function rulesFound(stack: Stack): Promise<string[]> {
  const { stdout } = await stack.drainctl(['check', '--json']);
  const { findings } = JSON.parse(stdout) as { findings: { rule: string }[] }; // as: the documented form of the command's output
  return findings.map(({ rule }) => rule);
}

describe('HAProxy that asks by agent-check', () => {
  test('loses no request in drained restarts', { timeout: restartsTimeoutMs }, async () => {
    await expectDrainedRestarts(async () => {
      const { stack } = await startAsked({ processes: 3 }, { agent_inter: '2s' });
      return Object.assign(stack, { url: stack.haproxy.url });
    }, 3);
  });

  test('loses no request when supervisord is told to shut down', async () => {
    const { stack } = await startAsked({ peer: true });
    await using _ = stack;
    const load = await startSteadyLoad(stack);

    await stack.supervisord.ctl(['shutdown']);
    await stack.supervisord.waitForExit();

    await expectNoneFailed(load);
    expectIdleStops(stack);
  });

  test('loses no request in a shutdown while another that has to be told is away', async () => {
    const keys = { agent_inter: '2s', checkers: ['127.0.0.1', 'lb2'] };
    const { stack } = await startAsked({ peer: true }, keys, { defaults: { deadline: '6s' } });
    await using _ = stack;
    const load = await startSteadyLoad(stack);

    await stack.supervisord.ctl(['shutdown']);
    await stack.supervisord.waitForExit();

    await expectNoneFailed(load);
    expectIdleStops(stack);
    expect(stack.supervisord.listenerLog()).toContain('HAProxy at lb2 does not ask about app/web_00');
  });

  test('has what is out still out after a reload and after the sidecar was killed, until it is put back', async () => {
    const { stack, config } = await startAsked();
    await using _ = stack;
    await expectDone(stack, ['drain', held]);

    stack.directory.write('drainctl.yaml', stringify({ ...config, defaults: { deadline: '21s' } }));
    await stack.supervisord.ctl(['signal', 'HUP', 'drain'], stack.sidecarUrl);
    await waitFor(() => stack.supervisord.listenerLog().includes('configuration reloaded'), { what: 'the reload' });
    await expectHeldOut(stack);
    const before = await killSidecar(stack);
    await waitFor(async () => (await sidecarPid(stack)) !== before, { what: 'another sidecar' });
    await stack.waitForSidecar();
    await expectHeldOut(stack);
    expect(await rulesFound(stack)).not.toContainEqual(expect.stringMatching(/members-drift|pool-answers|agent/));
    await expectDone(stack, ['pool', held]);

    await waitFor(async () => (await stack.haproxy.serversOut()).length === 0, { what: 'it to be in again' });
    expect(stack.supervisord.listenerLog()).not.toContain('was put back by something else');
  });
});

test('drainctl check names the members that no HAProxy asks about', async () => {
  const { stack } = await startAsked({ processes: 1, serverWords: () => '' }, { agent_inter: '100ms' });
  await using _ = stack;
  await waitFor(
    async () => {
      const { processes } = await statusOf(stack);
      return processes.some(({ members }) => members.some(({ text }) => text.includes('No HAProxy asks')));
    },
    { what: 'the sidecar to know that nobody asks', timeoutMs: 20_000 },
  );

  const { stdout } = await stack.drainctl(['check', '--json']);

  expect(stdout).toMatch(/agent-asked[^}]*No HAProxy asks about app\/web_00/);
});
