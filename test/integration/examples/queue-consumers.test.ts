import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { onCleanUp } from '../../support/cleanup.ts';
import { copyExample, type Example } from '../../support/example.ts';
import { expectCleanCheck, startExample } from '../../support/example-stack.ts';
import { freePort } from '../../support/free-port.ts';
import { startProcess } from '../../support/processes.ts';
import { toolPath } from '../../support/tools.ts';
import { waitFor } from '../../support/wait-for.ts';

const fixtures = fileURLToPath(new URL('../../fixtures', import.meta.url));
const host = hostname();
const python = '/usr/bin/python3 -SE';

interface Placed {
  readonly example: Example;
  readonly redisPort: number;
  /** Runs a script of the example, with the stand-in of rabbitmqctl on its PATH. */
  run(script: string, ...args: readonly string[]): Promise<{ stdout: string; stderr: string; exitCode: number }>;
  readonly env: Readonly<Record<string, string>>;
}

async function placed(): Promise<Placed> {
  const redisPort = await freePort();
  const example = copyExample('queue-consumers', (directory) => ({
    '/usr/local/bin/': `${directory.path}/`,
    '/etc/drainctl/redis.env': directory.file('redis.env'),
    'REDIS_PORT=6379': `REDIS_PORT=${redisPort}`,
    '/srv/app/bin/mailer': `${python} ${fixtures}/queues/redis-consumer.py ${redisPort}`,
    // It keeps a file while it works on a message; what the broker knows is the stand-in's.
    '/srv/app/bin/resizer': `${python} ${fixtures}/workers/worker.py ${directory.file('messages')} ${directory.file('hands')}/%(host_node_name)s-%(program_name)s_%(process_num)02d --resume`,
    'user=app': '; no user',
    '/var/log/supervisor/': `${directory.path}/`,
    'settle: 3s': 'settle: 2500ms',
    'settle: 2s': 'settle: 100ms',
    'poll: 1s': 'poll: 100ms',
    'quiet: 2s': 'quiet: 500ms',
    'poll: 5s': 'poll: 200ms',
    'quiet: 6s': 'quiet: 500ms',
  }));
  for (const folder of ['messages', 'hands', 'broker']) mkdirSync(example.file(folder));
  const env = { PATH: `${fixtures}/queues:${process.env['PATH'] ?? ''}`, BROKER: example.file('broker') };
  return {
    example,
    redisPort,
    env,
    async run(script, ...args) {
      const options = { reject: false, env, stdin: 'ignore' } as const;
      const { stdout, stderr, exitCode = -1 } = await execa(example.file(script), args, options);
      return { stdout, stderr, exitCode };
    },
  };
}

/** A real Redis on loopback that keeps nothing; gives how to ask it. */
async function startRedis({ example, redisPort }: Placed): Promise<(...words: string[]) => Promise<string>> {
  const options = ['--port', `${redisPort}`, '--bind', '127.0.0.1', '--save', '', '--dir', example.directory.path];
  startProcess(toolPath('redis-server'), options, { mark: example.directory.path });
  const ask = async (...words: string[]) =>
    (await execa(toolPath('redis-cli'), ['-p', `${redisPort}`, ...words], { stdin: 'ignore' })).stdout;
  await waitFor(async () => (await ask('PING')) === 'PONG', { what: 'Redis' });
  return ask;
}

/** Does something again and again until it is stopped; gives how often. */
function repeat(everyMs: number, work: (number: number) => void): { stop(): number } {
  let count = 0;
  const timer = setInterval(() => work(count++), everyMs);
  const stop = () => {
    clearInterval(timer);
    return count;
  };
  onCleanUp(() => void stop());
  return { stop };
}

describe('consumers of Redis', () => {
  test('a restart loses no job, and has none done twice', async () => {
    const place = await placed();
    const redis = await startRedis(place);
    await using stack = await startExample(place.example, { programs: 'consumers.conf', env: place.env });
    await expectCleanCheck(stack);
    const pushes: Promise<unknown>[] = [];
    const producer = repeat(250, (number) => pushes.push(redis('LPUSH', 'jobs', `job ${number}`)));
    await waitFor(async () => Number(await redis('LLEN', 'done')) > 2, { what: 'the consumers to work' });

    const { exitCode, stderr } = await stack.drainctl(['restart', 'mailer:*']);

    expect({ exitCode, stderr: exitCode === 0 ? '' : stderr }).toEqual({ exitCode: 0, stderr: '' });
    const produced = producer.stop();
    await Promise.all(pushes);
    const done = async () => Number(await redis('LLEN', 'done')) >= produced;
    await waitFor(done, { what: `all of ${produced} jobs to be done`, timeoutMs: 30_000 });
    const [begun = [], ended = []] = await Promise.all(
      ['begun', 'done'].map(async (list) => (await redis('LRANGE', list, '0', '-1')).split('\n').sort()),
    );
    const all = Array.from({ length: produced }, (_, number) => `job ${number}`).sort();
    expect(begun).toEqual(all);
    expect(ended).toEqual(all);
    expect(await redis('KEYS', 'paused:*')).toBe('');
  });

  test('redis-queue counts, pauses and resumes', async () => {
    const { run, ...place } = await placed();
    const redis = await startRedis({ run, ...place });
    const count = async () => (await run('redis-queue', 'busy', 'a')).stdout;
    expect(await count()).toBe('0');
    await redis('LPUSH', 'processing:a', 'one', 'two');
    expect(await count()).toBe('2');
    const states: string[] = [];
    for (const verb of ['pause', 'pause', 'resume', 'resume']) {
      expect(await run('redis-queue', verb, 'a')).toMatchObject({ stdout: '', stderr: '', exitCode: 0 });
      states.push((await run('redis-queue', 'state', 'a')).stdout);
    }
    expect(states).toEqual(['out', 'out', 'in', 'in']);
  });

  test('redis-queue exits with 2 where Redis is away, or answers with an error', async () => {
    const { run, ...place } = await placed();
    expect(await run('redis-queue', 'busy', 'a')).toMatchObject({ stdout: '', exitCode: 2 });
    const redis = await startRedis({ run, ...place });
    await redis('SET', 'processing:a', 'no list');
    expect(await run('redis-queue', 'busy', 'a')).toMatchObject({
      stdout: '',
      stderr: expect.stringContaining('WRONGTYPE'),
      exitCode: 2,
    });
  });

  test('redis-queue reads the password from redis.env', async () => {
    const { run, ...place } = await placed();
    const redis = await startRedis({ run, ...place });
    await redis('CONFIG', 'SET', 'requirepass', 'open sesame');
    expect(await run('redis-queue', 'state', 'a')).toMatchObject({ stdout: '', exitCode: 2 });
    const file = place.example.read('redis.env').replace('#REDISCLI_AUTH=', "REDISCLI_AUTH='open sesame'");
    writeFileSync(place.example.file('redis.env'), file);
    expect(await run('redis-queue', 'state', 'a')).toMatchObject({ stdout: 'in', exitCode: 0 });
  });
});

describe('consumers of RabbitMQ', () => {
  const nameOf = (number: number) => `${host}-resizer_0${number}`;

  test('a restart cuts off no message, by documented command lines only', async () => {
    const place = await placed();
    const { example } = place;
    await startRedis(place);
    for (const number of [0, 1]) {
      writeFileSync(example.file(`broker/${nameOf(number)}`), example.file(`hands/${nameOf(number)}`));
    }
    await using stack = await startExample(example, { programs: 'consumers.conf', env: place.env });
    const ending = (end: string) => readdirSync(example.file('messages')).filter((name) => name.endsWith(end)).length;
    const producer = repeat(300, (number) =>
      writeFileSync(example.file(`messages/${String(number).padStart(6, '0')}.job`), ''),
    );
    await waitFor(() => ending('.done') > 2, { what: 'the consumers to work' });

    const { exitCode, stderr } = await stack.drainctl(['restart', 'resizer:*']);

    expect({ exitCode, stderr: exitCode === 0 ? '' : stderr }).toEqual({ exitCode: 0, stderr: '' });
    const produced = producer.stop();
    await waitFor(() => ending('.done') === produced, { what: `all of ${produced} messages to be done` });
    expect(ending('.working')).toBe(0);
    expect(existsSync(example.file('broker.refused'))).toBe(false);
  });

  test('rabbitmq-unacked counts the messages of the connection with that name', async () => {
    const { example, run } = await placed();
    for (const [name, count] of [
      ['a', '0'],
      ['b', '12'],
      ['ab', '3'],
    ])
      writeFileSync(example.file(`broker/${name}`), `${count}`);
    const counts = await Promise.all(
      ['a', 'b', 'ab'].map(async (name) => (await run('rabbitmq-unacked', name)).stdout),
    );
    expect(counts).toEqual(['0', '12', '3']);
  });

  test('rabbitmq-unacked exits with 2 where there is no such connection, or a count is none', async () => {
    const { example, run } = await placed();
    writeFileSync(example.file('broker/a'), '');
    for (const name of ['a', 'nobody', 'a"b', ''])
      expect(await run('rabbitmq-unacked', name)).toMatchObject({ stdout: '', exitCode: 2 });
  });

  test('rabbitmq-unacked exits with 2 where the broker is away', async () => {
    const { example, run, env } = await placed();
    const options = { reject: false, env: { ...env, BROKER: example.file('nowhere') } } as const;
    expect(await execa(example.file('rabbitmq-unacked'), ['a'], options)).toMatchObject({ stdout: '', exitCode: 2 });
    expect((await run('rabbitmq-unacked', 'a')).stderr).toContain('no connection a');
  });
});
