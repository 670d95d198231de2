import { findSupervisorUnit, showUnit, systemdRuns, type Unit } from '../../systemd/systemctl.ts';
import { isDrainedShutdown, stopCommands } from '../exec-commands.ts';
import { type AddressFacts, absent, derive, type Fact, gather, known } from '../facts.ts';

const drainUnitName = 'drain-connections.service';

/** The units that a pool of this driver may be, by the names that packages give them. */
const unitsOfDriver: Readonly<Record<string, readonly string[]>> = {
  haproxy: ['haproxy.service'],
  consul: ['consul.service'],
  nginx_upstream: ['nginx.service'],
  apache_balancer: ['apache2.service', 'httpd.service'],
};

/** supervisord's unit. */
export function gatherUnit(signal: AbortSignal): Promise<Fact<Unit>> {
  return gather('unit', signal, async () => {
    if (!systemdRuns()) return absent('systemd does not run here');
    const unit = await findSupervisorUnit(signal);
    return unit === undefined ? absent('systemd has no unit of supervisord') : known(unit);
  });
}

/** The unit that drains: supervisord's own, or drain-connections.service where that one does it. */
export async function gatherStopUnit(unit: Fact<Unit>, signal: AbortSignal): Promise<Fact<Unit>> {
  if (unit.kind !== 'known' || drains(unit.value)) return unit;
  return gather('stopUnit', signal, async () => {
    const properties = await showUnit(drainUnitName, signal);
    const other = properties && { name: drainUnitName, properties };
    const isUsed = other !== undefined && other.properties.get('ActiveState') === 'active' && drains(other);
    return isUsed ? known(other) : unit;
  });
}

function drains({ properties }: Unit): boolean {
  return stopCommands(properties).some(isDrainedShutdown);
}

/** The units of this machine that serve one of the pools. */
export async function gatherPoolUnits(
  unit: Fact<Unit>,
  pools: Fact<readonly AddressFacts[]>,
  signal: AbortSignal,
): Promise<Fact<readonly string[]>> {
  const local = derive(unit, () => derive(pools, (all) => known(all.filter(({ address }) => isLocal(address)))));
  if (local.kind !== 'known') return local;
  const candidates = [...new Set(local.value.flatMap(({ driver }) => unitsOfDriver[driver] ?? []))];
  return gather('poolUnits', signal, async () => {
    const found = await Promise.all(candidates.map(async (name) => ((await isThere(name, signal)) ? [name] : [])));
    return known(found.flat());
  });
}

async function isThere(name: string, signal: AbortSignal): Promise<boolean> {
  const properties = await showUnit(name, signal);
  if (properties?.get('LoadState') !== 'loaded') return false;
  return properties.get('ActiveState') === 'active' || properties.get('UnitFileState').startsWith('enabled');
}

/** A path, or loopback: that pool runs on this machine. */
function isLocal(address: string): boolean {
  return /^(unix:)?\//.test(address) || /^\w+:\/\/(127\.|localhost[:/]|\[::1\])/.test(address);
}
