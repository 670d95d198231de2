import { expect, test } from 'vitest';
import { runCommandLine } from '../../../src/cli/run.ts';
import { DrainctlError } from '../../../src/errors.ts';
import { silentLog } from '../../../src/log.ts';
import type { RpcMethod } from '../../../src/rpc/methods.ts';
import type { RpcValue } from '../../../src/rpc/rpc.ts';
import { createRpcServer } from '../../../src/rpc/server.ts';
import { onCleanUp } from '../../support/cleanup.ts';
import { endedDocument, runDocument } from '../../support/doubles/documents.ts';
import { ScriptedApi } from '../../support/doubles/scripted-api.ts';
import { serveApi } from '../../support/doubles/sidecar-server.ts';
import { textSink } from '../../support/doubles/text-sink.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const method = (handle: () => RpcValue): RpcMethod => ({ help: '', signature: ['struct'], handle });

/** Serves what `drainctl shutdown` asks of a supervisord; resolves with its address. */
async function serveSupervisord(pid: () => number): Promise<string> {
  const methods = new Map([
    ['supervisor.getState', method(() => ({ statecode: 1, statename: 'RUNNING' }))],
    ['supervisor.getPID', method(pid)],
  ]);
  const server = createRpcServer({ methods, log: silentLog });
  const path = temporaryDirectory().file('supervisor.sock');
  await server.listen({ path, mode: 0o700 });
  onCleanUp(() => server.close(0));
  return `unix://${path}`;
}

async function shutdown(api: ScriptedApi, supervisord: string) {
  const config = `sidecar: { socket: ${await serveApi(api)} }\nsupervisor: { url: "${supervisord}" }\n`;
  const [stdout, stderr] = [textSink(), textSink()];
  const args = ['shutdown', '--config', temporaryDirectory().write('drainctl.yaml', config)];
  return { exitCode: await runCommandLine({ args, env: {}, stdout, stderr }), stdout, stderr };
}

test('a sidecar that holds the gate although supervisord runs is not asked all the time', async () => {
  const untilMs = performance.now() + 600;
  class Gate extends ScriptedApi {
    override async start(...call: Parameters<ScriptedApi['start']>): Promise<string> {
      const runId = await super.start(...call);
      if (performance.now() < untilMs) throw new DrainctlError('SUPERVISOR_SHUTTING_DOWN', 'held up');
      return runId;
    }
  }
  const api = new Gate();

  const { exitCode } = await shutdown(api, await serveSupervisord(() => process.pid));

  expect(exitCode).toBe(0);
  expect(api.calls.filter(([name]) => name === 'start').length).toBeLessThan(10);
});

test('a supervisord that somebody started anew while its end was waited for has ended', async () => {
  const api = new ScriptedApi();
  api.waits = [endedDocument(runDocument({ action: 'shutdown', ends_supervisord: true }))];
  let calls = 0;
  const nobodysPid = 2 ** 22 + 1;
  const supervisord = await serveSupervisord(() => {
    calls += 1;
    return calls === 1 ? nobodysPid : process.pid;
  });

  const { exitCode, stdout } = await shutdown(api, supervisord);

  expect(stdout.text).toContain('supervisord has ended, and was started anew');
  expect(exitCode).toBe(0);
});
