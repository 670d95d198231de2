import { type StandIn, type StandInAnswer, type StandInCall, startStandIn } from './stand-in.ts';

/** A target's state and reason, as `describe-target-health` has them. */
export interface TargetHealth {
  readonly state: string;
  readonly reason?: string;
}

/** The `aws` command and one target group behind it. */
export interface AwsCli extends StandIn {
  /** The health of the target by its `Id=…,Port=…`, to be looked at and changed; one that is absent is not registered. */
  readonly targets: Map<string, TargetHealth>;
  /** Every state that was told, by target, without repetitions. */
  readonly seen: ReadonlyMap<string, readonly string[]>;
  /** While it is set, every call fails with this error's code, as for a role that lacks a policy. */
  failing: string | undefined;
}

const notRegistered: TargetHealth = { state: 'unused', reason: 'Target.NotRegistered' };
const query = 'TargetHealthDescriptions[0].TargetHealth.[State,Reason]';

/**
 * Puts an `aws` on a PATH that takes the documented command lines of `elbv2` which examples use. As a load balancer does, it
 * lets a deregistered target drain until it has no connection left, and checks a registered one before it is healthy.
 */
export async function startAwsCli(group: string, busy: (target: string) => boolean): Promise<AwsCli> {
  const targets = new Map<string, TargetHealth>();
  const seen = new Map<string, string[]>();
  let cli: AwsCli | undefined;

  function answer({ args, env }: StandInCall): StandInAnswer {
    const [service = '', command = '', ...rest] = args;
    checkCall(service, env);
    const options = optionsOf(rest);
    checkOptions(options, command === 'describe-target-health');
    if (cli?.failing !== undefined) return awsError(cli.failing, command);
    if (options.get('--target-group-arn') !== group) return awsError('TargetGroupNotFound', command);
    return carryOut(command, options.get('--targets') ?? '');
  }

  function carryOut(command: string, target: string): StandInAnswer {
    switch (command) {
      case 'describe-target-health':
        return tell(target);
      case 'deregister-targets':
        // Of one that is not registered it succeeds too.
        if (targets.has(target)) targets.set(target, { state: 'draining', reason: 'Target.DeregistrationInProgress' });
        return {};
      case 'register-targets':
        targets.set(target, { state: 'initial', reason: 'Elb.InitialHealthChecking' });
        return {};
      default:
        throw new Error('no such command');
    }
  }

  function tell(target: string): StandInAnswer {
    const { state, reason = 'None' } = targets.get(target) ?? notRegistered;
    const told = seen.get(target) ?? [];
    if (told.at(-1) !== state) seen.set(target, [...told, state]);
    // What it is at the next look.
    if (state === 'initial') targets.set(target, { state: 'healthy' });
    if (state === 'draining' && !busy(target)) targets.delete(target);
    return { stdout: `${state}\t${reason}\n` };
  }

  const standIn = await startStandIn('aws', answer);
  cli = { ...standIn, targets, seen, failing: undefined };
  return cli;
}

function checkCall(service: string, env: StandInCall['env']): void {
  if (service !== 'elbv2') throw new Error(`not a service of this test: ${service}`);
  if (env['AWS_PAGER'] !== '') throw new Error('a pager would wait for a person');
  if ((env['AWS_DEFAULT_REGION'] ?? '') === '') throw new Error('You must specify a region.');
}

function optionsOf(words: readonly string[]): Map<string, string> {
  const options = new Map<string, string>();
  for (let index = 0; index < words.length; index += 2) options.set(words[index] ?? '', words[index + 1] ?? '');
  return options;
}

function checkOptions(options: ReadonlyMap<string, string>, asks: boolean): void {
  const patterns: Record<string, RegExp> = {
    '--target-group-arn': /^arn:aws:elasticloadbalancing:[a-z0-9-]+:\d{12}:targetgroup\/[\w-]+\/[0-9a-f]{16}$/,
    '--targets': /^Id=[\w.-]+,Port=\d{1,5}$/,
    '--cli-connect-timeout': /^\d+$/,
    '--cli-read-timeout': /^\d+$/,
    '--output': /^text$/,
    ...(asks ? { '--query': new RegExp(`^${query.replace(/[[\].]/g, '\\$&')}$`) } : {}),
  };
  const wrong = [...options].filter(([name, value]) => patterns[name]?.test(value) !== true);
  if (wrong.length > 0) throw new Error(`unknown or malformed: ${wrong.map((each) => each.join(' ')).join(', ')}`);
  if (!options.has('--target-group-arn') || !options.has('--targets')) throw new Error('a required option is missing');
}

function awsError(code: string, operation: string): StandInAnswer {
  const stderr = `\nAn error occurred (${code}) when calling the ${operation} operation: it is so in this test\n`;
  return { exitCode: 254, stderr };
}
