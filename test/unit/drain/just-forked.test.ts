import { expect, test } from 'vitest';
import { isOurselves } from '../../../src/drain/self.ts';
import { World } from '../../../src/drain/world.ts';
import { DrainctlError } from '../../../src/errors.ts';
import { processInfo } from '../../support/doubles/processes.ts';
import { recordingLog } from '../../support/doubles/recording-log.ts';
import { ScriptedSupervisor } from '../../support/doubles/scripted-supervisor.ts';
import { endMarked } from '../../support/marked-processes.ts';
import { startProcess } from '../../support/processes.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { waitFor } from '../../support/wait-for.ts';

/** Forks, tells the child's pid, and has the child run what looks like a sidecar once it is told to. */
const forks = `
import os, sys
child = os.fork()
if child == 0:
    sys.stdin.read(1)
    os.execvp("sh", ["sh", "-c", "sleep 60", "/usr/bin/drainctl", "listen"])
print(child, flush=True)
os.wait()
`;

test('a sidecar that supervisord has just forked is known for what it is, also where only the kernel can tell', async () => {
  const mark = temporaryDirectory().path;
  await using parent = startProcess('python3', ['-c', forks], { mark });
  await waitFor(() => parent.stdout.endsWith('\n'), { what: 'the pid of the child' });
  const sidecar = { ...processInfo('drain:drain'), pid: Number(parent.stdout) };
  const supervisor = new ScriptedSupervisor([]);
  supervisor.processes.set(sidecar.fullName, sidecar);
  supervisor.scripts.getAllConfigInfo = () => {
    parent.stdin?.write('x');
    throw new DrainctlError('RPC_PROTOCOL', 'status 500');
  };

  await new World(supervisor, recordingLog(), undefined).fresh();

  const isKnown = isOurselves(sidecar, undefined);
  await endMarked(mark);
  expect(isKnown).toBe(true);
});
