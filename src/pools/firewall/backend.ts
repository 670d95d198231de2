import { excerpt } from '../../count.ts';
import { DrainctlError } from '../../errors.ts';
import { type CommandResult, runCommand } from '../../run-command.ts';

/** A port to close to new connections. */
export interface Closing {
  readonly port: number;
  readonly action: 'reject' | 'drop';
  /** Addresses and networks, IPv4 and IPv6, that may still connect. */
  readonly except: readonly string[];
}

/** The kernel's packet filter, through one of its programs. */
export interface Backend {
  /** The ports that rules of ours close now. */
  closed(signal: AbortSignal): Promise<ReadonlySet<number>>;
  /** Closes them in one transaction for each family. Ports that are closed already are left as they are. */
  close(closings: readonly Closing[], signal: AbortSignal): Promise<void>;
  /** Removes what closes these ports. Rules for other ports, perhaps another drainctl's, are left. */
  open(ports: readonly number[], signal: AbortSignal): Promise<void>;
}

/** The program is not installed. */
export class NotInstalled extends Error {}

const mark = /^drainctl:(\d{1,5})$/;

/** The comment of a rule. A port has one owner on a machine, so it tells rules of two drainctls apart. */
export function commentFor(port: number): string {
  return `drainctl:${port}`;
}

/** The port that a rule with this comment closes; undefined: it is not ours. */
export function portOf(comment: unknown): number | undefined {
  const port = typeof comment === 'string' ? mark.exec(comment)?.[1] : undefined;
  return port === undefined ? undefined : Number(port);
}

/** The addresses of one family. */
export function ofFamily(addresses: readonly string[], family: 4 | 6): string[] {
  return addresses.filter((address) => address.includes(':') === (family === 6));
}

const outputBytes = 4 * 1024 * 1024;

/** Runs a program of the firewall; where it can't be, rejects with a DrainctlError, or NotInstalled. */
export async function runFirewall(
  command: readonly string[],
  input: string | undefined,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<CommandResult> {
  // They are where the PATH of a user who is not root may not lead.
  const env = { PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`, LC_ALL: 'C' };
  try {
    return await runCommand({ command, env, input, timeoutMs, maxOutputBytes: outputBytes }, signal);
  } catch (error) {
    signal.throwIfAborted();
    const cause = error instanceof Error ? error : new Error(String(error));
    const code = cause.cause instanceof Error && 'code' in cause.cause ? cause.cause.code : undefined;
    if (code === 'ENOENT') throw new NotInstalled(`${command[0]} is not installed`, { cause });
    throw new DrainctlError(
      'POOL_UNREACHABLE',
      `The firewall can't be reached: ${command.join(' ')}: ${cause.message}.`,
      {
        hint: 'Run it by hand, as the user that drainctl runs as; the pool\'s "timeout" says how long is waited.',
        cause,
      },
    );
  }
}

/** The program has said no. Another one that changed the rules in the same moment is worth another try. */
export function refusal(command: readonly string[], { stderr, exitCode }: CommandResult): DrainctlError {
  const mayNot = /not permitted|permission denied|must be root/i.test(stderr);
  const isPassing =
    /resource temporarily unavailable|xtables lock|no such file or directory|does a matching rule exist/i;
  const code = !mayNot && isPassing.test(stderr) ? 'POOL_UNREACHABLE' : 'POOL_REFUSED';
  return new DrainctlError(
    code,
    `The firewall refused "${command.join(' ')}": ${excerpt(stderr)}. Nothing was changed.`,
    {
      hint: mayNot
        ? 'Run drainctl as root, or give it the capability CAP_NET_ADMIN (in a container: --cap-add NET_ADMIN).'
        : 'Run it by hand, as root. Where the kernel lacks one of nftables and iptables, name the other in "backend".',
      details: { exitCode: exitCode ?? -1 },
    },
  );
}

/** Neither program is there. */
export function noFirewall(names: string, cause: Error): DrainctlError {
  return new DrainctlError(
    'POOL_REFUSED',
    `The firewall can't be spoken to: ${names} not installed. Nothing was changed.`,
    {
      hint: 'Install nftables (or iptables), or correct "backend" of the pool.',
      cause,
    },
  );
}
