import { readFileSync } from 'node:fs';
import { DrainctlError } from '../errors.ts';
import { findSupervisorUnit, showUnit, supervisorUnitNames, systemdRuns, type Unit } from '../systemd/systemctl.ts';
import { runsProcess } from '../systemd/unit-of-process.ts';

/** What was said of the unit, and what is known of the supervisord that it is to run. */
export interface UnitWishes {
  /** Undefined: whichever of the usual names is there. */
  readonly unit: string | undefined;
  /** False: leave systemd alone. */
  readonly withSystemd: boolean;
  /** supervisord's process on this machine; undefined where it does not run here. */
  readonly supervisordPid: number | undefined;
}

/**
 * Finds supervisord's unit; undefined where there is none, or where systemd is to be left alone.
 *
 * @throws DrainctlError `INSTALL_REFUSED` for a unit that is not there, or that runs another supervisord; `SYSTEMD_FAILED`
 */
export async function findUnit({ unit: name, withSystemd, supervisordPid }: UnitWishes): Promise<Unit | undefined> {
  if (!withSystemd) return undefined;
  if (name !== undefined) return namedUnit(name.includes('.') ? name : `${name}.service`);
  if (!systemdRuns()) return undefined;
  const unit = await findSupervisorUnit();
  if (unit !== undefined && supervisordPid !== undefined) refuseOther(unit, supervisordPid);
  return unit;
}

async function namedUnit(name: string): Promise<Unit> {
  if (!systemdRuns()) {
    throw new DrainctlError('INSTALL_REFUSED', `systemd does not run here, so there is no unit ${name}.`, {
      hint: 'Leave --unit out: the listener alone is then installed.',
    });
  }
  const properties = await showUnit(name);
  if (properties !== undefined) return { name, properties };
  throw new DrainctlError('INSTALL_REFUSED', `systemd has no unit ${name}. Nothing was changed.`, {
    hint: 'systemctl list-units --all "*supervis*" shows the names.',
    details: { unit: name },
  });
}

/**
 * A machine may run more than one supervisord: a drop-in for the other one's unit would have that one's stop shut down
 * this one.
 *
 * @throws DrainctlError `INSTALL_REFUSED`
 */
export function refuseOther(unit: Unit, supervisordPid: number): void {
  if (unit.properties.get('ActiveState') !== 'active' || runsProcess(unit, supervisordPid)) return;
  throw new DrainctlError(
    'INSTALL_REFUSED',
    `${unit.name} runs another supervisord (pid ${unit.properties.get('MainPID')}) than the one that answers (pid ${supervisordPid}). Nothing was changed.`,
    {
      hint: 'Name its own unit with --unit, or leave systemd alone with --no-systemd. Each supervisord needs a configuration with its own supervisor.url, sidecar.socket and state_dir.',
      details: { unit: unit.name, pid: supervisordPid },
    },
  );
}

/** What a unit's own file holds; '' where it can't be read. */
export function unitTextOf({ properties }: Unit): string {
  try {
    return readFileSync(properties.get('FragmentPath'), 'utf8');
  } catch {
    return '';
  }
}

/** What an operator should know of the unit. */
export function unitNotes(withSystemd: boolean, unit: Unit | undefined): string[] {
  if (unit !== undefined || !withSystemd) return [];
  if (!systemdRuns()) {
    return [
      'systemd does not run here, so this is about the listener alone: its gate drains whatever stops supervisord.',
    ];
  }
  return [
    `systemd has no unit ${supervisorUnitNames.join(' or ')}: name yours with --unit. Without it systemctl stop relies on the gate alone.`,
  ];
}
