import { type Facts, type FactTypes, known } from '../../../src/check/facts.ts';
import { planOf } from '../../../src/check/gather/processes.ts';
import { emptyJournal } from '../../../src/drain/journal-file.ts';
import type { SupervisordConfig } from '../../../src/supervisor/config-file.ts';
import { type IniSection, parseIni } from '../../../src/supervisor/ini.ts';
import type { ProcessConfig } from '../../../src/supervisor/process.ts';
import { parseProperties, type Unit } from '../../../src/systemd/systemctl.ts';
import { processConfig, processInfo } from './processes.ts';
import { ScriptedPool } from './scripted-pool.ts';
import { ScriptedWorld } from './scripted-world.ts';
import { target } from './targets.ts';

const configPath = '/etc/supervisor/supervisord.conf';

/** supervisord's configuration, from its text. */
export function supervisordConfig(text: string): SupervisordConfig {
  const { sections } = parseIni(text, configPath);
  return { file: configPath, files: [configPath], sections, include: undefined };
}

/** The listener's section with these lines. */
export function listenerSection(lines: string): IniSection {
  const [section] = parseIni(`[eventlistener:drain]\n${lines}`, '/etc/supervisor/conf.d/drain.conf').sections;
  if (section === undefined) throw new Error('there is no section');
  return section;
}

/** The listener's settings as they should be, but for what is given. */
export function listenerConfig(given: Partial<ProcessConfig> = {}): ProcessConfig {
  return processConfig('drain:drain', {
    command: 'drainctl listen',
    groupPriority: 99_999,
    stopWaitSecs: 3_600,
    ...given,
  });
}

/** A unit as `systemctl show` tells of it: what `drainctl install` makes of Debian's, but for what is given. */
export function unit(given: Readonly<Record<string, string>> = {}, name = 'supervisor.service'): Unit {
  const properties = {
    LoadState: 'loaded',
    ActiveState: 'active',
    NeedDaemonReload: 'no',
    After: 'basic.target haproxy.service network-online.target',
    KillMode: 'mixed',
    NotifyAccess: 'exec',
    TimeoutStopUSec: '1h 1min',
    ExecStop: execStop('drainctl shutdown'),
    ...given,
  };
  const lines = Object.entries(properties).flatMap(([key, value]) => value.split('\n').map((one) => `${key}=${one}`));
  return { name, properties: parseProperties(lines.join('\n')) };
}

/** One value of ExecStop= as `systemctl show` prints it. */
export function execStop(...commands: readonly string[]): string {
  return commands
    .map(
      (argv) => `{ path=/usr/bin/x ; argv[]=${argv} ; ignore_errors=no ; start_time=[n/a] ; code=(null) ; status=0/0 }`,
    )
    .join('\n');
}

/** A process `web:web_00` that is a server of a pool that counts, with these settings. */
export function webProcess(config: Partial<ProcessConfig> = {}): FactTypes['processes'][number] {
  const pool = new ScriptedPool({ servers: ['app/web_00'] });
  return {
    target: target('web:web_00', [pool], { config: processConfig('web:web_00', config) }),
    misfit: undefined,
  };
}

/** A HAProxy that answers, with one server that is in. */
export function address(given: Partial<FactTypes['pools'][number]> = {}): FactTypes['pools'][number] {
  const state = { placement: 'in', text: 'UP', before: null, inFlight: 0 } as const;
  return {
    pool: 'lb',
    driver: 'haproxy',
    address: '/run/haproxy/admin.sock',
    members: [{ process: 'web:web_00', label: 'app/web_00', state }],
    failure: undefined,
    groups: [],
    onlyInSidecar: false,
    isOtherHand: () => false,
    problems: [],
    ...given,
  };
}

/** The facts of a machine where all is well, but for what is given. */
export function facts(given: Partial<FactTypes> = {}): Facts {
  const world = new ScriptedWorld({ processes: ['web:web_00'], stateDir: '/var/lib/drainctl' });
  const infos = [processInfo('drain:drain'), processInfo('web:web_00')];
  const settings = [listenerConfig(), processConfig('web:web_00')];
  const processes = given.processes ?? [webProcess()];
  const values: FactTypes = {
    config: { ...world.config, file: '/etc/drainctl.yaml' },
    configFile: { path: '/etc/drainctl.yaml', mode: 0o644, secrets: [], secretFiles: [] },
    configChangedAtMs: Date.parse('2026-01-01T00:00:00Z'),
    version: '1.2.3',
    supervisord: { url: 'unix:///run/supervisor.sock', infos },
    supervisordProcess: { pid: 17, isRunBy: () => true },
    settings: new Map(settings.map((config) => [config.fullName, config])),
    processes,
    shutdownPlan: planOf('shutdown', processes),
    gatePlan: planOf('gate', processes),
    pools: [address()],
    commandFiles: new Map(),
    listeners: [{ info: processInfo('drain:drain'), config: listenerConfig() }],
    listener: { info: processInfo('drain:drain'), config: listenerConfig() },
    listenerConfig: listenerConfig(),
    supervisordConfig: supervisordConfig('[supervisorctl]\nserverurl = unix:///run/drainctl.sock\n'),
    listenerSection: listenerSection('buffer_size=5000\nevents=PROCESS_STATE,PROCESS_GROUP,TICK_5\n'),
    sidecar: {
      version: {
        version: '1.2.3',
        pid: 4711,
        config: '/etc/drainctl.yaml',
        started_at: '2026-01-02T03:04:05.000Z',
        config_loaded_at: '2026-01-02T03:04:05.000Z',
      },
      blindFor: [],
      missing: [],
      inTrouble: [],
      methods: ['supervisor.stopProcess'],
    },
    front: { socket: '/run/drainctl.sock', isFront: (url) => url === 'unix:///run/drainctl.sock' },
    sidecarSocket: { path: '/run/drainctl.sock', mode: 0o700 },
    supervisordSocket: { path: '/run/supervisor.sock', mode: 0o700 },
    stateDir: { path: '/var/lib/drainctl', existing: '/var/lib/drainctl', unwritable: undefined, fileSystem: 0xef53 },
    journal: { file: '/var/lib/drainctl/journal.json', content: emptyJournal, problem: '', setAside: [] },
    unit: unit(),
    stopUnit: given.unit ?? unit(),
    poolUnits: ['haproxy.service'],
    ...given,
  };
  // as: Object.entries() loses which value belongs to which name
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, known(value)])) as unknown as Facts;
}
