import { describe, expect, test } from 'vitest';
import { supervisedChildren } from '../../../src/drain/children.ts';
import { World } from '../../../src/drain/world.ts';
import { silentLog } from '../../../src/log.ts';
import { silentSupervisor } from '../../../src/supervisor/silent.ts';
import { onCleanUp } from '../../support/cleanup.ts';
import { endMarked } from '../../support/marked-processes.ts';
import { type RunningProcess, startProcess } from '../../support/processes.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { waitFor } from '../../support/wait-for.ts';

/** A shell that is called so, with children that have this in their environment, each `NAME=VALUE NAME=VALUE`. */
async function startParent(called: string, children: readonly string[]): Promise<RunningProcess> {
  const directory = temporaryDirectory();
  const script = directory.write(
    called,
    `${children.map((each) => `env ${each} sleep 60 &`).join('\n')}\necho up\nwait\n`,
  );
  const parent = startProcess('/bin/sh', [script], { mark: directory.path });
  onCleanUp(() => endMarked(directory.path));
  await waitFor(() => parent.stdout === 'up\n', { what: 'all children' });
  return parent;
}

const supervised = (group: string, name: string) => `SUPERVISOR_GROUP_NAME=${group} SUPERVISOR_PROCESS_NAME=${name}`;

describe('what supervisord runs, by its children', () => {
  test('are those that it has named', async () => {
    const parent = await startParent('supervisord', [supervised('web', 'web_00'), supervised('cron', 'cron'), 'A=b']);

    const infos = await waitFor(
      () => {
        const found = supervisedChildren(parent.pid)?.infos ?? [];
        return found.length === 2 && found;
      },
      { what: 'both children' },
    );

    expect(infos).toMatchObject([
      { fullName: 'web:web_00', group: 'web', name: 'web_00', state: 'RUNNING', pid: expect.any(Number) },
      { fullName: 'cron:cron', group: 'cron', name: 'cron', state: 'RUNNING' },
    ]);
  });

  test('is not told by those of another program, which inherit what their parent has', async () => {
    const parent = await startParent('web.sh', [supervised('web', 'web_00')]);

    expect(supervisedChildren(parent.pid)).toBeUndefined();
  });

  test('is not told where there is no such process', () => {
    expect(supervisedChildren(2 ** 22 + 1)).toBeUndefined();
  });
});

test('of a supervisord that never told anything it is known who lives, and of what has gone nothing', async () => {
  const parent = await startParent('supervisord', [supervised('web', 'web_00')]);
  const world = new World(silentSupervisor('unix:///nobody'), silentLog, undefined, { supervisordPid: parent.pid });

  const alive = await waitFor(() => world.lastKnownAlive(), { what: 'the child' });

  expect(alive.infos).toMatchObject([{ fullName: 'web:web_00' }]);
  expect(await world.lastKnown()).toBeUndefined();
});
