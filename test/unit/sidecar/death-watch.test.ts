import { appendFileSync, closeSync, openSync, renameSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { DeathWatch } from '../../../src/sidecar/death-watch.ts';
import { findSupervisordLog, watchLog } from '../../../src/sidecar/supervisord-log.ts';
import { onCleanUp } from '../../support/cleanup.ts';
import { startProcess } from '../../support/processes.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { waitFor } from '../../support/wait-for.ts';

const line = '2026-01-31 03:12:20,093 INFO spawned: web_00 with pid 4711\n';

/** A file as supervisord's log, opened by this process as supervisord does. */
function openLog(text = line): string {
  const path = temporaryDirectory().write('supervisord.log', text);
  const file = openSync(path, 'a');
  onCleanUp(() => closeSync(file));
  return path;
}

/** Watches the children of this process. */
function watchChildren() {
  const deaths: number[] = [];
  const watch = new DeathWatch(process.pid, () => deaths.push(1));
  onCleanUp(() => watch.stop());
  return deaths;
}

function startChild() {
  return startProcess('sleep', ['60'], { mark: temporaryDirectory().path });
}

describe('the watch over the children of a process', () => {
  test('sees without a log that one has died', async () => {
    const child = startChild();
    const deaths = watchChildren();

    child.kill('SIGKILL');

    await waitFor(() => deaths.length > 0, { what: 'the death to be seen' });
    expect(deaths).toEqual([1]);
  });

  test('looks when something is logged', async () => {
    const log = openLog();
    const child = startChild();
    const deaths = watchChildren();
    child.kill('SIGKILL');
    await child.exited;

    appendFileSync(log, line);

    await waitFor(() => deaths.length > 0, { what: 'the death to be seen' });
    expect(deaths).toEqual([1]);
  });

  test('goes on after the log was rotated', async () => {
    const log = openLog();
    const child = startChild();
    const deaths = watchChildren();
    renameSync(log, `${log}.1`);
    appendFileSync(log, '');
    child.kill('SIGKILL');
    await child.exited;

    await waitFor(
      () => {
        appendFileSync(log, line);
        return deaths.length > 0;
      },
      { what: 'the death to be seen' },
    );

    expect(deaths).toEqual([1]);
  });
});

test("a death is seen although the log tells nothing, because its disk is full or it is a program's", async () => {
  openLog();
  const child = startChild();
  const deaths = watchChildren();

  child.kill('SIGKILL');

  await waitFor(() => deaths.length > 0, { what: 'the death to be seen' });
  expect(deaths).toEqual([1]);
});

test('the watch goes on where the new log comes long after the old one was renamed', async () => {
  const log = openLog();
  const child = startChild();
  const deaths = watchChildren();
  renameSync(log, `${log}.1`);
  // As between logrotate's renaming and its signal to supervisord; nothing tells that the watch has noticed.
  await delay(600);
  appendFileSync(log, line);
  await delay(400);
  child.kill('SIGKILL');
  await child.exited;

  await waitFor(
    () => {
      appendFileSync(log, line);
      return deaths.length > 0;
    },
    { what: 'the death to be seen' },
  );

  expect(deaths).toEqual([1]);
});

describe("supervisord's log", () => {
  test('is found among the files that it has open', () => {
    const log = openLog();

    expect(findSupervisordLog(process.pid)).toBe(log);
  });

  test('is none that looks otherwise', () => {
    openLog('{"level":"info"}\n');

    expect(findSupervisordLog(process.pid)).toBeUndefined();
  });

  test('is not found of a process that is not there', () => {
    expect(findSupervisordLog(2 ** 22 + 1)).toBeUndefined();
  });

  test('that is renamed is told once', async () => {
    const log = openLog();
    let ends = 0;
    onCleanUp(
      watchLog(
        log,
        () => {},
        () => {
          ends += 1;
        },
      ),
    );

    renameSync(log, `${log}.1`);

    await waitFor(() => ends > 0, { what: 'the end of the watch' });
    expect(ends).toBe(1);
  });
});
