import { createServer } from 'node:net';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import {
  expectNoneFailed,
  killSidecar,
  startHeldRequest,
  startSteadyLoad,
  stickyHaproxy,
  workUntilReleased,
} from '../../support/acceptance.ts';
import { freePort } from '../../support/free-port.ts';
import { request } from '../../support/http.ts';
import { type HttpStack, startHttpStack } from '../../support/http-stack.ts';
import { parseMetrics, samples } from '../../support/prometheus.ts';
import { toolPath } from '../../support/tools.ts';
import { waitFor } from '../../support/wait-for.ts';

async function scrape(stack: HttpStack): Promise<string> {
  const { status, body } = await request(`${stack.httpUrl}/metrics`);
  expect(status).toBe(200);
  return body;
}

/** What `promtool check metrics` says, which is nothing where all is well. */
async function promtool(metrics: string): Promise<{ exitCode: number | undefined; said: string }> {
  const { exitCode, all } = await execa(toolPath('promtool'), ['check', 'metrics'], {
    input: metrics,
    reject: false,
    all: true,
    timeout: 20_000,
  });
  return { exitCode, said: all };
}

/** The samples that are not 0. */
function counted(text: string, name: string): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(samples(parseMetrics(text), name)).filter(([, count]) => count !== 0));
}

describe('the metrics', () => {
  test('have nothing that promtool complains of, in the middle of a drain and after, and tell both', async () => {
    const work = workUntilReleased();
    await using stack = await startHttpStack({ processes: 2, config: work.config });
    const load = await startSteadyLoad(stack);

    const restart = stack.drainctl(['restart', 'web:web_00']);
    const pool = `address="${stack.haproxy.socketPath}"`;
    const during = await waitFor(
      async () => {
        const text = await scrape(stack);
        return counted(text, 'drainctl_members')[`${pool},placement="out",pool="lb"`] === 1 && text;
      },
      { what: 'a member to be out' },
    );
    work.release();
    const { exitCode, stderr } = await restart;
    const after = await waitFor(
      async () => {
        const text = await scrape(stack);
        return counted(text, 'drainctl_members')[`${pool},placement="in",pool="lb"`] === 2 && text;
      },
      { what: 'both members to be in' },
    );

    await expectNoneFailed(load);
    expect(exitCode, stderr).toBe(0);
    expect(await promtool(during)).toEqual({ exitCode: 0, said: '' });
    expect(await promtool(after)).toEqual({ exitCode: 0, said: '' });
    expect(counted(during, 'drainctl_in_flight')['group="web",process="web:web_00"']).toBeGreaterThan(0);
    expect(counted(during, 'drainctl_runs_total')).toEqual({});
    expect(counted(after, 'drainctl_runs_total')).toEqual({ 'action="restart",outcome="done"': 1 });
    expect(counted(after, 'drainctl_processes')).toEqual({ 'group="web",state="RUNNING"': 2 });
    expect(counted(after, 'drainctl_phase_duration_seconds')).toMatchObject({
      '_count phase="depool"': 1,
      '_count phase="drain"': 1,
      '_count phase="stop"': 1,
      '_count phase="ready"': 1,
      '_count phase="repool"': 1,
    });
    expect(counted(after, 'drainctl_supervisord_up')).toEqual({ '': 1 });
    expect(counted(after, 'drainctl_work_cut_off_total')).toEqual({});
    expect(counted(after, 'drainctl_events_received_total')['kind="process_state"']).toBeGreaterThanOrEqual(4);
  });

  test('tell of work that was cut off, and of a pool that does not answer: in flight is then unknown', async () => {
    await using stack = await startHttpStack({ processes: 2, haproxy: stickyHaproxy });
    const long = await startHeldRequest(stack);
    await stack.drainctl(['stop', 'web:web_00', '--deadline', '500ms']);
    await long.close();
    const cut = await scrape(stack);

    await stack.haproxy.close();
    const gone = await waitFor(
      async () => {
        const text = await scrape(stack);
        return (
          counted(text, 'drainctl_members')[`address="${stack.haproxy.socketPath}",placement="unknown",pool="lb"`] ===
            2 && text
        );
      },
      { what: 'the members to be unknown' },
    );

    expect(counted(cut, 'drainctl_work_cut_off_total')).toEqual({ '': 1 });
    expect(counted(cut, 'drainctl_runs_total')).toEqual({ 'action="stop",outcome="cut"': 1 });
    expect(samples(parseMetrics(gone), 'drainctl_in_flight')).toEqual({});
    expect(
      counted(gone, 'drainctl_pool_errors_total')[
        `address="${stack.haproxy.socketPath}",code="POOL_UNREACHABLE",pool="lb"`
      ],
    ).toBeGreaterThan(0);
  });

  test('know when the last run of an earlier sidecar was', async () => {
    await using stack = await startHttpStack({ processes: 1 });
    await stack.drainctl(['restart', 'web:web_00']);
    const before = counted(await scrape(stack), 'drainctl_last_run_timestamp_seconds');

    await killSidecar(stack);

    await waitFor(
      async () => {
        const [now, runs] = await scrape(stack).then((text) => [
          counted(text, 'drainctl_last_run_timestamp_seconds')['action="restart"'],
          counted(text, 'drainctl_runs_total'),
        ]);
        return now === before['action="restart"'] && Object.keys(runs ?? {}).length === 0;
      },
      { what: 'the time of the run, in a sidecar that has made none' },
    );
  });
});

test('an address that is in use keeps the sidecar from nothing, and is taken as soon as it is free', async () => {
  const port = await freePort();
  const squatter = createServer();
  await new Promise<void>((resolve) => squatter.listen(port, '127.0.0.1', resolve));
  await using stack = await startHttpStack({ port, processes: 1 });

  const { exitCode, stderr } = await stack.drainctl(['restart', 'web:web_00']);
  const log = stack.supervisord.listenerLog();
  await new Promise((resolve) => squatter.close(resolve));

  await waitFor(async () => (await request(`${stack.httpUrl}/health`)).status === 200, { what: 'the health' });
  expect(exitCode, stderr).toBe(0);
  expect(log).toContain(`health and metrics are not served, and it is tried again: cannot listen on 127.0.0.1:${port}`);
});
