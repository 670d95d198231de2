import { sayDuration } from '../../drain/wording.ts';
import type { Unit } from '../../systemd/systemctl.ts';
import { isDrainedShutdown, stopCommands } from '../exec-commands.ts';
import { defineRule, type Problem, tellingRule } from '../rule.ts';
import { parseTimespan } from '../timespan.ts';

const dropIn = '"drainctl install" writes the drop-in that sets it.';

/** What systemd does can't be judged where it does not say. */
export const unitReadable = tellingRule('unit', {
  name: 'unit-readable',
  severity: 'warning',
  looksAt: "systemd tells the properties of supervisord's unit.",
  remedy: 'Run this as root: systemctl show supervisor.',
});

/** systemd runs the commands of ExecStop= in order, while supervisord still answers. */
export const unitExecStop = defineRule({
  name: 'unit-exec-stop',
  severity: 'error',
  looksAt:
    "`drainctl shutdown` is the only command in ExecStop= of supervisord's unit; or drain-connections.service is active and has it.",
  remedy: '"drainctl install" writes the drop-in, which empties ExecStop= first.',
  needs: ['unit', 'stopUnit'],
  check: ({ unit, stopUnit }) => (stopUnit.name === unit.name ? ownStop(unit) : earlierStop(unit, stopUnit)),
});

function ownStop(unit: Unit): readonly Problem[] {
  const commands = stopCommands(unit.properties);
  const ours = commands.findIndex(isDrainedShutdown);
  const target = unit.name;
  if (ours < 0) {
    const what = commands.length === 0 ? 'is empty' : `is "${commands.join('", then "')}"`;
    const message = `Its ExecStop= ${what}, not "drainctl shutdown": on systemctl stop, restart, reboot and poweroff only the gate drains, where there is a listener, and only until TimeoutStopSec= is over.`;
    return [{ target, message }];
  }
  if (ours > 0) {
    const before = commands.slice(0, ours).join('", "');
    return [
      {
        target,
        message: `"${before}" runs before "drainctl shutdown": ExecStop= of the package was not emptied first.`,
        remedy:
          'Put a line "ExecStop=" before "ExecStop=drainctl shutdown" in the drop-in, then: systemctl daemon-reload',
      },
    ];
  }
  if (commands.length === 1) return [];
  return [
    {
      target,
      severity: 'warning',
      message: `"${commands.slice(1).join('", "')}" runs after "drainctl shutdown", when supervisord has gone: it fails, and with it the stop of the unit.`,
      remedy: 'Leave "drainctl shutdown" alone in ExecStop=, then: systemctl daemon-reload',
    },
  ];
}

/** A unit of its own drains only where it is stopped before supervisord's. */
function earlierStop(unit: Unit, stopUnit: Unit): readonly Problem[] {
  if (namesIn(stopUnit, 'After').includes(unit.name)) return [];
  return [
    {
      target: stopUnit.name,
      message: `It is not ordered After=${unit.name}, so it is not stopped before it, and may find supervisord gone.`,
      remedy: `Add After=${unit.name} and BindsTo=${unit.name} to it, then: systemctl daemon-reload`,
    },
  ];
}

const killModes: Readonly<Record<string, string>> = {
  'control-group': 'should ExecStop= fail or time out, systemd signals the programs itself, all at once, past the gate',
  process:
    'after a time-out the programs are left behind as orphans, and the next supervisord starts them a second time',
  none: 'nothing is ever killed, so that a supervisord that hangs is left behind with its programs',
};

/** systemd.kill(5) */
export const unitKillMode = defineRule({
  name: 'unit-kill-mode',
  severity: 'warning',
  looksAt:
    "KillMode= of supervisord's unit is `mixed`: SIGTERM to supervisord alone, and nothing is left behind. Where drain-connections.service drains, `process` is no finding but advice.",
  remedy: `Set KillMode=mixed. ${dropIn}`,
  needs: ['unit', 'stopUnit'],
  check({ unit, stopUnit }) {
    const mode = unit.properties.get('KillMode');
    if (mode === 'mixed') return [];
    const message = `KillMode=${mode}: ${killModes[mode] ?? 'it is not "mixed"'}.`;
    // Who drains by the other unit may not touch this one, which has nothing left to drain when it is stopped.
    const isAdvice = stopUnit.name !== unit.name && mode === 'process';
    return [{ target: unit.name, message, severity: isAdvice ? 'advice' : 'warning' }];
  },
});

/**
 * Whether systemd takes messages from `drainctl shutdown`: NotifyAccess= of systemd.service(5). With `exec` it takes them
 * from what systemd itself has started, or from root in the name of that.
 */
function canNotify({ properties }: Unit): boolean {
  const access = properties.get('NotifyAccess');
  return access === 'all' || (access === 'exec' && ['', '0', 'root'].includes(properties.get('User')));
}

/** Without it `systemctl status` shows nothing of a drain, and its time can't be extended. */
export const unitNotifyAccess = defineRule({
  name: 'unit-notify-access',
  severity: 'warning',
  looksAt:
    'NotifyAccess= of the unit that drains lets `drainctl shutdown` show progress and extend its time (`exec`, as root), and not every program (`all`).',
  remedy: `Set NotifyAccess=exec. ${dropIn}`,
  needs: ['unit', 'stopUnit'],
  check({ unit, stopUnit }) {
    const access = stopUnit.properties.get('NotifyAccess');
    if (!canNotify(stopUnit)) return [silent(stopUnit, access)];
    const isOpen = access === 'all' && stopUnit.name === unit.name && !unsetsSocket(unit);
    return isOpen ? [open(unit)] : [];
  },
});

function silent({ name, properties }: Unit, access: string): Problem {
  const effect = '"systemctl status" shows nothing of a drain, and it can\'t extend TimeoutStopSec=.';
  if (access !== 'exec') return { target: name, message: `NotifyAccess=${access}: ${effect}` };
  return {
    target: name,
    message: `With User=${properties.get('User')} systemd refuses the messages of "drainctl shutdown" although NotifyAccess=exec: ${effect}`,
    remedy: 'Set NotifyAccess=all, and begin ExecStart= with "/usr/bin/env --unset=NOTIFY_SOCKET"',
  };
}

function unsetsSocket({ properties }: Unit): boolean {
  return /(--unset=|-u ?)NOTIFY_SOCKET/.test(properties.get('ExecStart'));
}

/** https://github.com/systemd/systemd/issues/39535 */
function open({ name }: Unit): Problem {
  return {
    target: name,
    message:
      'NotifyAccess=all, and the programs inherit the socket: a program that says STOPPING=1 when it is restarted makes systemd kill supervisord after TimeoutStopSec=.',
    remedy: 'Set NotifyAccess=exec, or begin ExecStart= with "/usr/bin/env --unset=NOTIFY_SOCKET"',
  };
}

/** After it systemd sends SIGTERM, and after it once more SIGKILL. */
export const unitTimeout = defineRule({
  name: 'unit-timeout',
  severity: 'error',
  looksAt:
    "TimeoutStopSec= of the unit that drains is above the worst case of a shutdown, where `drainctl shutdown` can't extend it.",
  remedy: `Raise TimeoutStopSec=, or let it be extended with NotifyAccess=exec. ${dropIn}`,
  needs: ['stopUnit', 'shutdownPlan'],
  check({ stopUnit, shutdownPlan: { worst_case_ms: worstMs } }) {
    const limitMs = parseTimespan(stopUnit.properties.get('TimeoutStopUSec'));
    if (canNotify(stopUnit) || limitMs === undefined || limitMs > worstMs) return [];
    return [
      {
        target: stopUnit.name,
        message: `TimeoutStopSec= is ${sayDuration(limitMs)}, a shutdown can take ${sayDuration(worstMs)}, and can't extend it: systemd then ends "drainctl shutdown", and kills what still works.`,
      },
    ];
  },
});

/** Units stop in the reverse order of After=. */
export const unitOrdering = defineRule({
  name: 'unit-ordering',
  severity: 'error',
  looksAt:
    'The unit that drains is ordered After= the units of the pools that run on this machine: it then stops before them.',
  remedy: `Add them to After=. ${dropIn}`,
  needs: ['stopUnit', 'poolUnits'],
  check({ stopUnit, poolUnits }) {
    const after = namesIn(stopUnit, 'After');
    const missing = poolUnits.filter((name) => !after.includes(name));
    if (missing.length === 0) return [];
    return [
      {
        target: stopUnit.name,
        message: `It is not ordered After=${missing.join(' ')}: on a reboot or poweroff these may stop before the drain, and with them every request.`,
        remedy: `"drainctl install" writes it for the usual ones; or: systemctl edit ${stopUnit.name}, add "[Unit]" and "After=${missing.join(' ')}", save. It takes effect at once.`,
      },
    ];
  },
});

/** A drop-in that systemd has not read does nothing. */
export const unitReloaded = defineRule({
  name: 'unit-reloaded',
  severity: 'error',
  looksAt: "systemd has read the unit's files as they are now.",
  remedy: 'systemctl daemon-reload',
  needs: ['unit', 'stopUnit'],
  check: ({ unit, stopUnit }) =>
    [...new Map([unit, stopUnit].map((each) => [each.name, each])).values()]
      .filter(({ properties }) => properties.get('NeedDaemonReload') === 'yes')
      .map(({ name }) => ({
        target: name,
        message: 'Its files have changed since systemd read them; what it read is what counts.',
      })),
});

/** A supervisord that was started by hand is not stopped by systemd. */
export const unitActive = defineRule({
  name: 'unit-active',
  severity: 'warning',
  looksAt: 'The supervisord that answers runs under its unit: otherwise a reboot kills it without ExecStop=.',
  remedy: 'Stop it with "drainctl shutdown", then start the unit.',
  needs: ['unit', 'supervisord', 'supervisordProcess'],
  check({ unit, supervisord: { url }, supervisordProcess: { pid, isRunBy } }) {
    const state = unit.properties.get('ActiveState');
    if (['active', 'activating', 'reloading', 'deactivating'].includes(state)) {
      const message = `It runs another supervisord than the one that answers at ${url} (pid ${pid}): what is said of the unit here is not about that one.`;
      const remedy =
        'See that supervisor.url is the address of the one that is meant. A second supervisord needs a unit of its own.';
      return isRunBy(unit) ? [] : [{ target: unit.name, message, remedy }];
    }
    return [
      {
        target: unit.name,
        message: `It is ${state}, although supervisord answers at ${url}: that one was started some other way.`,
      },
    ];
  },
});

function namesIn(unit: Unit, property: string): string[] {
  return unit.properties.get(property).split(/\s+/);
}
