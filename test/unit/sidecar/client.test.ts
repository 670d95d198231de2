import { chmodSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { PlanDocument } from '../../../src/drain/api.ts';
import { DrainctlError } from '../../../src/errors.ts';
import { SidecarClient } from '../../../src/sidecar/client.ts';
import { scriptedSocket, silence } from '../../support/contracts/scripted-socket.ts';
import {
  endedDocument,
  processReport,
  processStatusDocument,
  runDocument,
  statusDocument,
} from '../../support/doubles/documents.ts';
import { ScriptedApi } from '../../support/doubles/scripted-api.ts';
import { serveApi } from '../../support/doubles/sidecar-server.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

async function pair(): Promise<{ api: ScriptedApi; client: SidecarClient }> {
  const api = new ScriptedApi();
  return { api, client: new SidecarClient(await serveApi(api)) };
}

describe('over the socket', () => {
  test('the version comes back as it was', async () => {
    const { api, client } = await pair();

    expect(await client.getVersion()).toEqual(api.version);
  });

  test('the status comes back as it was', async () => {
    const { api, client } = await pair();
    const member = {
      pool: 'lb',
      address: '/run/a.sock',
      member: 'app/web_00',
      placement: 'out',
      text: 'DRAIN (agent)',
      ours: true,
    };
    api.status = statusDocument([
      processStatusDocument({
        in_flight: -1,
        uncounted: true,
        held: true,
        why: 'on hold: <&> "ü" 💥',
        members: [member],
      }),
    ]);

    expect(await client.getStatus()).toEqual(api.status);
  });

  test('a plan is asked for with its options, and comes back as it was', async () => {
    const { api, client } = await pair();
    const plan: PlanDocument = {
      action: 'restart',
      worst_case_ms: 70_000,
      steps: [{ title: 'group web', at_a_time: 1, worst_case_ms: 70_000, processes: [] }],
    };
    api.plan = plan;

    expect(await client.getPlan('restart', ['web:*'], { deadlineMs: 1_500 })).toEqual(plan);
    expect(api.calls).toEqual([['getPlan', 'restart', ['web:*'], { deadlineMs: 1_500 }]]);
  });

  test('the history comes back as it was', async () => {
    const { api, client } = await pair();
    api.history = [runDocument({ cut: -1, processes: [processReport({ phases: [{ phase: 'drain', ms: 1_234 }] })] })];

    expect(await client.getHistory(7)).toEqual(api.history);
    expect(api.calls).toEqual([['getHistory', 7]]);
  });

  test('a run is started with all its options', async () => {
    const { api, client } = await pair();
    const options = { deadlineMs: 90_500, holdForMs: 1_800_000, reason: 'heap dump', keepSupervisord: true };

    expect(await client.start('drain', ['web:web_00', 'job:*'], options)).toBe('run-1');
    expect(api.calls).toEqual([['start', 'drain', ['web:web_00', 'job:*'], options]]);
  });

  test('options that are not given are not sent', async () => {
    const { api, client } = await pair();

    await client.start('shutdown', [], { deadlineMs: undefined });

    expect(api.calls).toEqual([['start', 'shutdown', [], {}]]);
  });

  test('a wait passes on its milliseconds, and its document comes back as it was', async () => {
    const { api, client } = await pair();
    const step = {
      seq: 4,
      at: '2026-01-02T03:04:05.000Z',
      process: '',
      phase: '',
      kind: 'info',
      in_flight: -1,
      message: 'x',
    } as const;
    const progress = {
      name: 'web:web_00',
      phase: 'drain',
      doing: '',
      in_flight: 3,
      elapsed_ms: 1,
      deadline_ms: -1,
      outcome: '',
    } as const;
    api.waits = [{ ...endedDocument(runDocument()), steps: [step], processes: [progress] }];

    expect(await client.wait('run-1', 3, 1_500)).toEqual(api.waits[0]);
    expect(api.calls).toEqual([['wait', 'run-1', 3, 1_500]]);
  });

  test('a cancel tells whether there was something to end', async () => {
    const { api, client } = await pair();
    api.cancels = false;

    expect(await client.cancel('run-1')).toBe(false);
  });

  test('an error of the sidecar keeps its code, message and hint', async () => {
    const { api, client } = await pair();
    api.failure = new DrainctlError('NO_SUCH_PROCESS', 'there is no "wbe"', { hint: 'did you mean "web"?' });

    await expect(client.start('stop', ['wbe'], {})).rejects.toMatchObject({
      code: 'NO_SUCH_PROCESS',
      message: 'there is no "wbe"',
      hint: 'did you mean "web"?',
    });
  });

  test('a fault that is not one of ours is still an error of ours', async () => {
    const { client } = await pair();

    // A method of a later drainctl: the server answers with fault 1 or 2 of supervisord's.
    await expect(client.getHistory(1.5)).rejects.toBeInstanceOf(DrainctlError);
  });
});

describe('SIDECAR_UNREACHABLE', () => {
  test('is that nothing is there', async () => {
    const socket = temporaryDirectory().file('missing.sock');

    await expect(new SidecarClient(socket).getStatus()).rejects.toMatchObject({
      code: 'SIDECAR_UNREACHABLE',
      details: { socket, errno: 'ENOENT', hangs: false },
    });
  });

  test('is that the socket is there and nobody listens', async () => {
    const socket = temporaryDirectory().write('dead.sock', '');
    chmodSync(socket, 0o700);

    await expect(new SidecarClient(socket).getStatus()).rejects.toMatchObject({ code: 'SIDECAR_UNREACHABLE' });
  });

  test('is that it hangs, which is told', async () => {
    const socket = temporaryDirectory().file('hung.sock');
    await scriptedSocket(socket, silence);

    await expect(new SidecarClient(socket).getVersion()).rejects.toMatchObject({
      code: 'SIDECAR_UNREACHABLE',
      details: { hangs: true },
    });
  });

  test('is that something else answers', async () => {
    const socket = temporaryDirectory().file('other.sock');
    await scriptedSocket(socket, (connection) => connection.end('220 mail ready\r\n'));

    await expect(new SidecarClient(socket).getStatus()).rejects.toMatchObject({ code: 'SIDECAR_UNREACHABLE' });
  });
});
