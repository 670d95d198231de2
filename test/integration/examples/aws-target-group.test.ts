import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { copyExample, webProgramIn } from '../../support/example.ts';
import { expectCleanCheck, expectDrainedRestart, startExample } from '../../support/example-stack.ts';
import { startAwsCli, type TargetHealth } from '../../support/examples/aws.ts';
import { startChooser } from '../../support/examples/chooser.ts';
import { freePortRange } from '../../support/free-port.ts';

const group = 'arn:aws:elasticloadbalancing:eu-central-1:111122223333:targetgroup/web/73e2d6bc24d8a067';
const instance = 'i-0598c7d356eba48d7';
const target = (port: number) => `Id=${instance},Port=${port}`;

test('examples/aws-target-group: no request fails, and the next one waits until the first is healthy again', async () => {
  const first = await freePortRange(2);
  const ports = [first, first + 1];
  const portOf = (name: string) => Number(name.split('=').at(-1));
  const aws = await startAwsCli(group, (name) => balancer.active(portOf(name)) > 0);
  for (const port of ports) aws.targets.set(target(port), { state: 'healthy' });
  const isHealthy = (port: number) => aws.targets.get(target(port))?.state === 'healthy';
  const balancer = await startChooser(() => ports.filter(isHealthy));
  const example = copyExample('aws-target-group', (directory) => ({
    '/usr/local/sbin/aws-target': directory.file('aws-target'),
    '/var/lib/cloud/data/instance-id': directory.write('instance-id', instance),
    '"81%(process_num)02d"': `"${first / 100}%(process_num)02d"`,
    '127.0.0.1:81': `127.0.0.1:${first / 100}`,
    '--port 81': `--port ${first / 100}`,
    '/srv/web/bin/web': webProgramIn(directory),
    'settle: 10s': 'settle: 300ms',
    'quiet: 5s': 'quiet: 1s',
    'poll: 5s': 'poll: 250ms',
  }));
  await using stack = await startExample(example, { env: { PATH: aws.path } });

  await expectCleanCheck(stack);
  await expectDrainedRestart(stack, { url: balancer.url, servers: ['web_00', 'web_01'], closing: true });

  const changes = aws.calls.filter(([, command]) => command !== 'describe-target-health');
  expect(changes.map((args) => [args[1], args[args.indexOf('--targets') + 1]])).toEqual([
    ['deregister-targets', target(first)],
    ['register-targets', target(first)],
    ['deregister-targets', target(first + 1)],
    ['register-targets', target(first + 1)],
  ]);
  expect(aws.seen.get(target(first))?.join(' ')).toMatch(/^healthy draining (unused )?initial healthy$/);
});

describe('examples/aws-target-group: aws-target', () => {
  async function script(health: TargetHealth | undefined) {
    const example = copyExample('aws-target-group', () => ({}));
    const aws = await startAwsCli(group, () => false);
    if (health !== undefined) aws.targets.set(target(8100), health);
    const run = async (action: string, env: Readonly<Record<string, string>> = { TARGET_ID: instance }) => {
      const { exitCode, stdout, stderr } = await execa(example.file('aws-target'), [action, '8100'], {
        env: { PATH: aws.path, AWS_DEFAULT_REGION: 'eu-central-1', TARGET_GROUP_ARN: group, ...env },
        reject: false,
      });
      return { exitCode, said: (stdout + stderr).trim() };
    };
    return { aws, run };
  }

  test.each<[string, TargetHealth | undefined]>([
    ['in', { state: 'healthy' }],
    ['in', { state: 'unavailable', reason: 'Target.HealthCheckDisabled' }],
    ['down', { state: 'initial', reason: 'Elb.RegistrationInProgress' }],
    ['down', { state: 'unhealthy', reason: 'Target.Timeout' }],
    ['down', { state: 'unhealthy.draining', reason: 'Target.FailedHealthChecks' }],
    ['down', { state: 'unused', reason: 'Target.NotInUse' }],
    ['out', { state: 'draining', reason: 'Target.DeregistrationInProgress' }],
    ['out', undefined],
  ])('says %s of %j', async (word, health) => {
    const { run } = await script(health);

    expect(await run('state')).toEqual({ exitCode: 0, said: word });
  });

  test('a state that nobody knows is an error, and not "out"', async () => {
    const { run } = await script({ state: 'resting' });

    expect(await run('state')).toEqual({ exitCode: 2, said: expect.stringContaining('resting') });
  });

  test("an error of AWS is told in AWS's words", async () => {
    const { aws, run } = await script({ state: 'healthy' });
    aws.failing = 'AccessDenied';

    for (const action of ['deregister', 'register', 'state'])
      expect(await run(action)).toEqual({ exitCode: 254, said: expect.stringContaining('(AccessDenied)') });
  });

  test('without an instance id it says where it looked', async () => {
    const { run } = await script(undefined);

    expect(await run('state', { INSTANCE_ID_FILE: '/nowhere/instance-id' })).toEqual({
      exitCode: 2,
      said: "aws-target: no TARGET_ID, and /nowhere/instance-id can't be read",
    });
  });
});
