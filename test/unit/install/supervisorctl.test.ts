import { describe, expect, test } from 'vitest';
import { supervisorctlNotes } from '../../../src/install/supervisorctl.ts';
import { silentLog } from '../../../src/log.ts';
import type { RpcMethod } from '../../../src/rpc/methods.ts';
import { createRpcServer } from '../../../src/rpc/server.ts';
import { readSupervisordConfig } from '../../../src/supervisor/config-file.ts';
import { onCleanUp } from '../../support/cleanup.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

/** A supervisord whose supervisorctl goes past the sidecar, and the socket of that. */
function target() {
  const directory = temporaryDirectory();
  const supervisordConfig = readSupervisordConfig(directory.write('supervisord.conf', '[supervisord]\n'));
  return { sidecarSocket: directory.file('drainctl.sock'), supervisordConfig };
}

const listMethods: RpcMethod = { help: '', signature: ['array'], handle: () => ['supervisor.stopProcess'] };

/** A sidecar that begins to answer on this socket. */
async function startSidecar(path: string): Promise<void> {
  const server = createRpcServer({ methods: new Map([['system.listMethods', listMethods]]), log: silentLog });
  onCleanUp(() => server.close(0));
  await server.listen({ path, mode: 0o600 });
}

const advice = [expect.stringContaining('supervisorctl still goes past the sidecar')];

describe('that supervisorctl goes past the sidecar', () => {
  test('is told where one answers', async () => {
    const { sidecarSocket, supervisordConfig } = target();
    await startSidecar(sidecarSocket);

    expect(await supervisorctlNotes({ sidecarSocket, supervisordConfig })).toEqual(advice);
  });

  test('is told of one that was just started as soon as it answers', async () => {
    const { sidecarSocket, supervisordConfig } = target();
    const notes = supervisorctlNotes({ sidecarSocket, supervisordConfig }, { waitMs: 20_000 });
    await startSidecar(sidecarSocket);

    expect(await notes).toEqual(advice);
  });

  test('is not told where none answers', async () => {
    expect(await supervisorctlNotes(target())).toEqual([]);
  });

  test('is not waited for any more once it is aborted', async () => {
    const notes = supervisorctlNotes(target(), { waitMs: 20_000, signal: AbortSignal.timeout(20) });

    await expect(notes).rejects.toThrow();
  });
});
