import { existsSync } from 'node:fs';
import { runTool, systemdFailed, type ToolResult } from './command.ts';

/** The names of supervisord's unit: Debian's, then Fedora's and the one that drainctl brings. */
export const supervisorUnitNames = ['supervisor.service', 'supervisord.service'] as const;

/** True where systemd is the init system, as sd_booted(3) finds out. */
export function systemdRuns(): boolean {
  return existsSync('/run/systemd/system');
}

/** The properties of a unit, by systemd's own names (`systemctl show`). */
export interface UnitProperties {
  /** The last value of that name; '' where there is none. */
  get(name: string): string;
  /** Every value of that name, in order: `ExecStop` comes once for each command. */
  all(name: string): readonly string[];
}

/** A unit, and what systemd says of it. */
export interface Unit {
  readonly name: string;
  readonly properties: UnitProperties;
}

/**
 * Reads what `systemctl show` prints: `Name=value`, one a line. A line without a name goes on with the value before.
 */
export function parseProperties(text: string): UnitProperties {
  const values = new Map<string, string[]>();
  let current: string[] = [];
  for (const line of text.split('\n')) {
    const [, name, value = ''] = /^([A-Za-z][A-Za-z0-9]*)=(.*)$/.exec(line) ?? [];
    if (name === undefined) {
      const last = current.pop();
      if (last !== undefined) current.push(line === '' ? last : `${last}\n${line}`);
      continue;
    }
    current = values.get(name) ?? [];
    current.push(value);
    values.set(name, current);
  }
  return { get: (name) => values.get(name)?.at(-1) ?? '', all: (name) => values.get(name) ?? [] };
}

/**
 * What systemd knows of a unit; undefined where there is none of that name.
 *
 * @throws DrainctlError `SYSTEMD_FAILED`
 */
export async function showUnit(unit: string, signal?: AbortSignal): Promise<UnitProperties | undefined> {
  const properties = parseProperties(await systemctl(['show', unit, '--no-pager', '--all'], signal));
  return properties.get('LoadState') === 'not-found' ? undefined : properties;
}

/**
 * supervisord's own unit, whichever of the usual names it has; undefined where there is none that is loaded. One that
 * runs is preferred where there are both.
 *
 * @throws DrainctlError `SYSTEMD_FAILED`
 */
export async function findSupervisorUnit(signal?: AbortSignal): Promise<Unit | undefined> {
  const found: Unit[] = [];
  for (const name of supervisorUnitNames) {
    const properties = await showUnit(name, signal);
    if (properties?.get('LoadState') === 'loaded') found.push({ name, properties });
  }
  return found.find((unit) => unit.properties.get('ActiveState') === 'active') ?? found[0];
}

/**
 * Has systemd read its units anew.
 *
 * @throws DrainctlError `SYSTEMD_FAILED`
 */
export async function daemonReload(signal?: AbortSignal): Promise<void> {
  // It waits for every generator; half a minute is a slow disk.
  await systemctl(['daemon-reload'], signal, 60_000);
}

/**
 * The state of the whole system: `running`, `degraded`, `stopping` in a shutdown or reboot, … (systemctl(1),
 * is-system-running). Its exit status is not 0 for most of them.
 *
 * @throws DrainctlError `SYSTEMD_FAILED`
 */
export async function systemState(signal?: AbortSignal): Promise<string> {
  const args = ['is-system-running'];
  const result = await runTool('systemctl', args, { signal });
  const state = result.stdout.trim();
  if (state === '' || state === 'unknown' || state === 'offline') throw failed(args, result);
  return state;
}

/**
 * The type of the unit's job: `start`, `stop`, `restart`, …; '' where it has none. Of a restart systemd says `restart`
 * until the unit has stopped, and `start` from then on.
 *
 * @throws DrainctlError `SYSTEMD_FAILED`
 */
export async function jobType(unit: string, signal?: AbortSignal): Promise<string> {
  return parseJobType(await systemctl(['list-jobs', '--no-legend', '--no-pager', '--plain', unit], signal), unit);
}

/** Finds a unit's line in what `systemctl list-jobs` prints: `JOB UNIT TYPE STATE`. */
export function parseJobType(text: string, unit: string): string {
  const rows = text.split('\n').map((line) => line.trim().split(/\s+/));
  return rows.find(([, name]) => name === unit)?.[2] ?? '';
}

/** What systemctl prints, where it ends with status 0. */
async function systemctl(args: readonly string[], signal: AbortSignal | undefined, limitMs?: number): Promise<string> {
  const result = await runTool('systemctl', args, { signal, ...(limitMs === undefined ? {} : { limitMs }) });
  if (result.exitCode !== 0) throw failed(args, result);
  return result.stdout;
}

function failed(args: readonly string[], { exitCode, stdout, stderr }: ToolResult): Error {
  const said = stderr.trim() || stdout.trim();
  return systemdFailed(['systemctl', ...args], said === '' ? `exit status ${exitCode}` : said);
}
