import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { onCleanUp } from '../../support/cleanup.ts';
import { copyExample, type Example } from '../../support/example.ts';
import { expectCleanCheck, startExample } from '../../support/example-stack.ts';
import { startProcess } from '../../support/processes.ts';
import { waitFor } from '../../support/wait-for.ts';

const worker = fileURLToPath(new URL('../../fixtures/workers/sidekiq.mjs', import.meta.url));

/** Other tests that run at the same time have workers of their own in /proc. */
const tagPrefix = `t${process.pid}-`;

function placed(): Example {
  const example = copyExample('sidekiq-workers', (directory) => ({
    'bundle exec sidekiq': `${process.execPath} ${worker} ${directory.file('jobs')} 100`,
    '--tag ': `--tag ${tagPrefix}`,
    '/usr/local/bin/sidekiq-busy, "': `${directory.file('sidekiq-busy')}, "${tagPrefix}`,
    'directory=/srv/app': `directory=${directory.path}`,
    'user=app': '; no user',
    '/var/log/supervisor/': `${directory.path}/`,
    'startsecs=5': 'startsecs=1',
    // A heartbeat is 0.1 s here, and a fetch waits for nothing.
    'settle: 3s': 'settle: 100ms',
    'quiet: 12s': 'quiet: 1500ms',
    'poll: 1s': 'poll: 200ms',
  }));
  mkdirSync(example.file('jobs'));
  return example;
}

/** Puts jobs into the folder until it is stopped; gives how many there were. */
function produce(example: Example): { stop(): number } {
  let count = 0;
  const add = () => writeFileSync(example.file(`jobs/${String(count++).padStart(6, '0')}.job`), '');
  const timer = setInterval(add, 150);
  const stop = () => {
    clearInterval(timer);
    return count;
  };
  onCleanUp(() => void stop());
  return { stop };
}

function jobs(example: Example, state: 'job' | 'working' | 'done'): number {
  return readdirSync(example.file('jobs')).filter((name) => name.endsWith(`.${state}`)).length;
}

async function sidekiqBusy(example: Example, tag: string) {
  const { stdout, stderr, exitCode } = await execa(example.file('sidekiq-busy'), [tag], { reject: false });
  return { stdout, stderr, exitCode };
}

/** A worker has its handlers before it has its title. */
async function waitUntilTitled(example: Example, tag: string): Promise<void> {
  await waitFor(async () => (await sidekiqBusy(example, tag)).exitCode === 0, { what: `the title of ${tag}` });
}

test('a restart of the workers cuts off no job, and is done', async () => {
  const example = placed();
  await using stack = await startExample(example, { programs: 'sidekiq.conf' });
  await expectCleanCheck(stack);
  const producer = produce(example);
  // One without its handlers yet would be suspended by the signal to take no more jobs.
  for (const name of ['worker_00', 'worker_01']) await waitUntilTitled(example, `${tagPrefix}${name}`);
  await waitFor(() => jobs(example, 'working') > 0, { what: 'the workers to work' });

  const { exitCode, stderr } = await stack.drainctl(['restart', 'worker:*']);

  const produced = producer.stop();
  expect({ exitCode, stderr: exitCode === 0 ? '' : stderr }).toEqual({ exitCode: 0, stderr: '' });
  await waitFor(() => jobs(example, 'done') === produced, { what: `all of ${produced} jobs to be done` });
  expect(jobs(example, 'working')).toBe(0);
});

describe('sidekiq-busy', () => {
  const tag = `${tagPrefix}alone`;

  async function start(example: Example, tagged = tag): Promise<void> {
    const { directory } = example;
    const args = [worker, example.file('jobs'), '50', '--concurrency', '5', '--tag', tagged];
    startProcess(process.execPath, args, { mark: directory.path, graceMs: 0 });
    await waitUntilTitled(example, tagged);
  }

  test('prints how many jobs the process with that tag works on', async () => {
    const example = placed();
    await start(example);
    await start(example, `${tag}-other`);
    expect(await sidekiqBusy(example, tag)).toMatchObject({ stdout: '0', exitCode: 0 });
    // More and more, for a job is soon done.
    produce(example);
    await waitFor(async () => Number((await sidekiqBusy(example, tag)).stdout) > 0, { what: 'a busy worker' });
  });

  test('exits with 2 where there is no such process', async () => {
    expect(await sidekiqBusy(placed(), tag)).toMatchObject({
      stdout: '',
      stderr: expect.stringContaining('no process has a title such as'),
      exitCode: 2,
    });
  });

  test('exits with 2 where two processes have the tag', async () => {
    const example = placed();
    await start(example);
    const args = [worker, example.file('jobs'), '50', '--concurrency', '5', '--tag', tag];
    startProcess(process.execPath, args, { mark: example.directory.path, graceMs: 0 });
    const both = async () => (await sidekiqBusy(example, tag)).stderr.includes('several processes');
    await waitFor(both, { what: 'two to be found' });
    expect(await sidekiqBusy(example, tag)).toMatchObject({ stdout: '', exitCode: 2 });
  });

  test('exits with 2 for a tag that is a pattern', async () => {
    expect(await sidekiqBusy(placed(), '.*')).toMatchObject({ stdout: '', exitCode: 2 });
  });
});
