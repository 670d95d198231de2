import { connect, type Socket } from 'node:net';
import { beforeAll, describe, expect, test } from 'vitest';
import { exitCodeOf, expectIdleStops, expectNoneFailed, startSteadyLoad } from '../support/acceptance.ts';
import { onCleanUp } from '../support/cleanup.ts';
import { listenCommand } from '../support/drainctl.ts';
import { type Stack, startStack } from '../support/stack.ts';
import { toolPath } from '../support/tools.ts';
import { waitFor } from '../support/wait-for.ts';
import { figure, scale } from './support/figures.ts';
import { startShell } from './support/shell.ts';

const row = 'file table exhausted';

describe('a drainctl that may open only few files', () => {
  let stack: Stack;

  beforeAll(async () => {
    stack = await startStack({ processes: 2, sidecar: false });
  });

  test.each(scale([32, 38], [20, 24, 28, 32, 34, 35, 36, 37, 38, 39, 40, 41, 42, 48, 64]))(
    'restarts everything, or ends with an error and nothing left out: %d files',
    async (files) => {
      const before = stack.stops().length;
      const load = await startSteadyLoad(stack, { connections: 10, path: '/?ms=50' });

      const shell = startShell(stack, `prlimit --nofile=${files}:${files} $drainctl restart all --deadline 15s`);
      const exitCode = await exitCodeOf(shell);

      expect(shell.stdout + shell.stderr).not.toMatch(/^\s+at |INTERNAL|unexpected/m);
      expect(await stack.haproxy.serversOut()).toEqual([]);
      const inFlight = stack
        .stops()
        .slice(before)
        .map((stop) => stop.inFlight);
      expect(inFlight).toEqual(inFlight.map(() => 0));
      if (exitCode === 0) expect(inFlight).toHaveLength(2);
      if (exitCode !== 0) expect(shell.stderr + shell.stdout).toMatch(/EMFILE|[Tt]oo many (open )?files/);
      await expectNoneFailed(load);
      figure(row, `restart with ${files} files`, exitCode === 0 ? 'drained' : `refused, exit ${exitCode}`);
    },
  );
});

test('a flood of connections leaves the sidecar enough files to drain', async () => {
  const files = 64;
  const command = `${toolPath('prlimit')} --nofile=${files}:${files} ${listenCommand('%(here)s/drainctl.yaml')}`;
  await using stack = await startStack({ processes: 2, listener: { command } });
  const load = await startSteadyLoad(stack);
  const isTold = () => stack.supervisord.listenerLog().includes(`only ${files} files may be open here`);
  await waitFor(isTold, { what: 'a word of it in the log' });
  const flood = await startFlood(stack.sidecarUrl.slice('unix://'.length), scale(100, 1_000));

  stack.supervisord.process.kill('SIGTERM');
  await stack.supervisord.waitForExit();

  await expectNoneFailed(load);
  expectIdleStops(stack);
  expect(stack.supervisord.listenerLog()).not.toContain('EMFILE');
  figure(row, `connections held open at the sidecar with ${files} files, gate held`, flood.length);
});

/** Connections that say nothing, each made anew when it is cut off. */
async function startFlood(path: string, count: number): Promise<readonly Socket[]> {
  let ended = false;
  const sockets: Socket[] = [];
  const open = (index: number) => {
    if (ended) return;
    const socket = connect({ path });
    sockets[index] = socket;
    socket.on('error', () => {});
    socket.once('close', () => setTimeout(() => open(index), 20));
  };
  for (let index = 0; index < count; index += 1) open(index);
  onCleanUp(() => {
    ended = true;
    for (const socket of sockets) socket.destroy();
  });
  return sockets;
}
