import { fstatSync, readFileSync } from 'node:fs';

/** What systemd tells a command that it runs for a service. systemd.exec(5), "Environment variables in spawned processes". */
export interface ServiceContext {
  /** True in `ExecStop=` and `ExecStopPost=`: only there is $SERVICE_RESULT given. */
  readonly isStop: boolean;
  /** The service's main process; undefined where it has ended already, or outside of a service. */
  readonly mainPid: number | undefined;
  /** How the service ended so far: `success`, `exit-code`, `signal`, `core-dump`, …; '' outside of a stop. */
  readonly result: string;
  /** How the main process ended, such as `killed, KILL` or `exited, 0`; '' where it has not. */
  readonly mainEnd: string;
  /** The unit that we are in, such as `supervisor.service`; '' where we are in none. */
  readonly unit: string;
}

/** Reads it from the environment, and the unit from what /proc/self/cgroup holds. */
export function readServiceContext(env: NodeJS.ProcessEnv, cgroup: string = ownCgroup()): ServiceContext {
  const mainPid = Number(env['MAINPID'] ?? '');
  const result = env['SERVICE_RESULT'] ?? '';
  return {
    isStop: result !== '',
    mainPid: Number.isInteger(mainPid) && mainPid > 0 ? mainPid : undefined,
    result,
    mainEnd: [env['EXIT_CODE'], env['EXIT_STATUS']].filter((word) => (word ?? '') !== '').join(', '),
    unit: (env['INVOCATION_ID'] ?? '') === '' ? '' : unitOfCgroup(cgroup),
  };
}

/**
 * The service that a process is in, by its control group; '' where it is in none. It stands in the line of cgroup 2,
 * `0::/system.slice/a.service`, or of systemd's own hierarchy of version 1; a machine that mounts both may use one only.
 * A service may have groups of its own below (Delegate=).
 */
export function unitOfCgroup(text: string): string {
  const paths = text.split('\n').flatMap((line) => /^\d+:(?:name=systemd)?:(.*)$/.exec(line)?.slice(1) ?? []);
  const units = paths.map((path) => path.split('/').findLast((part) => part.endsWith('.service')));
  return units.find((unit) => unit !== undefined) ?? '';
}

function ownCgroup(): string {
  try {
    return readFileSync('/proc/self/cgroup', 'utf8');
  } catch {
    return '';
  }
}

/**
 * True where a descriptor of ours is the stream to the journal that $JOURNAL_STREAM names, `device:inode`: it may have
 * been redirected since. systemd.exec(5)
 */
export function isJournalStream(env: NodeJS.ProcessEnv, descriptor: number): boolean {
  const stream = env['JOURNAL_STREAM'];
  if (stream === undefined || stream === '') return false;
  try {
    const { dev, ino } = fstatSync(descriptor, { bigint: true });
    return stream === `${dev}:${ino}`;
  } catch {
    return false;
  }
}
