import { constants } from 'node:os';
import { describe, expect, test } from 'vitest';
import { applyRules } from '../../../src/check/apply.ts';
import { absent, type FactName, type Facts, type FactTypes } from '../../../src/check/facts.ts';
import { rules } from '../../../src/check/rules.ts';
import type { PlanDocument } from '../../../src/drain/api.ts';
import type { JournalEntry } from '../../../src/drain/journal-file.ts';
import type { Target } from '../../../src/drain/target.ts';
import { reported } from '../../../src/probes/reported.ts';
import type { ProcessConfig, ProcessInfo } from '../../../src/supervisor/process.ts';
import {
  address,
  execStop,
  facts,
  listenerConfig,
  listenerSection,
  supervisordConfig,
  unit,
  webProcess,
} from '../../support/doubles/facts.ts';
import { processConfig, processInfo } from '../../support/doubles/processes.ts';
import { ScriptedWorld } from '../../support/doubles/scripted-world.ts';
import { target } from '../../support/doubles/targets.ts';
import { entry } from '../drain/journal-entries.ts';

const signals = constants.signals;

/** What is found where this is not as it should be: `severity rule: target: message`. */
function findingsWith(given: Partial<FactTypes>): string[] {
  const { findings, advice } = applyRules(rules, facts(given));
  return [...findings, ...advice].map(
    ({ severity, rule, target: where, message }) => `${severity} ${rule}: ${where}: ${message}`,
  );
}

function member(state: Partial<NonNullable<FactTypes['pools'][number]['members'][number]['state']>>) {
  const usual = { placement: 'in', text: 'UP', before: null, inFlight: 0 } as const;
  return { process: 'web:web_00', label: 'app/web_00', state: { ...usual, ...state } };
}

function lasting(worstMs: number): PlanDocument {
  return { action: 'shutdown', worst_case_ms: worstMs, steps: [] };
}

function stoppedBy(signal: number, command: string): Partial<FactTypes> {
  return { processes: [webProcess({ stopSignal: signal, command })] };
}

/** A process of a program with an entry, and nothing that counts its work. */
function uncounted(settings: Partial<Target['settings']>, config = {}): Partial<FactTypes> {
  const process = target('job:job', [], { config: processConfig('job:job', config), settings });
  return { processes: [{ target: process, misfit: undefined }] };
}

function configured(given: Partial<FactTypes['config']>): Partial<FactTypes> {
  const { config } = facts();
  if (config.kind !== 'known') throw new Error('there is no configuration');
  return { config: { ...config.value, ...given } };
}

function sidecar(given: Partial<FactTypes['sidecar']['version']>): Partial<FactTypes> {
  const version = {
    version: '1.2.3',
    pid: 4711,
    config: '/etc/drainctl.yaml',
    started_at: '2026-01-02T03:04:05.000Z',
    config_loaded_at: '2026-01-02T03:04:05.000Z',
  };
  return { sidecar: { version: { ...version, ...given }, blindFor: [], missing: [], inTrouble: [], methods: [] } };
}

function settings(...others: Parameters<typeof processConfig>[]): FactTypes['settings'] {
  const all = [listenerConfig(), ...others.map((each) => processConfig(...each))];
  return new Map(all.map((config) => [config.fullName, config]));
}

/** A standby as it is shipped, beside a program, but for this. */
function standbyWith(given: Partial<ProcessConfig>): Partial<FactTypes> {
  const shipped = { command: 'drainctl standby', groupPriority: 99_998, stopWaitSecs: 3_600 };
  return { settings: settings(['web:web_00', {}], ['drain-standby:drain-standby', { ...shipped, ...given }]) };
}

/** What supervisord tells of a standby. */
function running(state: ProcessInfo['state'], spawnError = ''): Partial<FactTypes> {
  const infos = [processInfo('drain:drain'), { ...processInfo('drain-standby:drain-standby', state), spawnError }];
  return { supervisord: { url: 'unix:///run/supervisor.sock', infos } };
}

const agent = address({ pool: 'edge', address: 'agent', onlyInSidecar: true, members: [] });
const section = 'buffer_size=5000\nevents=PROCESS_STATE,PROCESS_GROUP,TICK_5\n';
const { config: hearing } = new ScriptedWorld({
  processes: ['web:web_00'],
  stateDir: '/var/lib/drainctl',
  program: { inFlight: [{ driver: reported, options: {} }] },
});
const reportedConfig = { ...hearing, file: '/etc/drainctl.yaml' };
const drainUnit = 'drain-connections.service';

const wrong: readonly (readonly [string, Partial<FactTypes>, RegExp])[] = [
  [
    'config-permissions',
    { configFile: { path: '/c', mode: 0o666, secrets: [], secretFiles: [] } },
    /^error .*may change it/,
  ],
  [
    'config-permissions',
    { configFile: { path: '/c', mode: 0o644, secrets: ['supervisor.password'], secretFiles: [] } },
    /^warning .*may read it.*supervisor\.password/,
  ],
  [
    'config-permissions',
    { configFile: { path: '/c', mode: 0o644, secrets: [], secretFiles: [{ path: '/p', mode: 0o604 }] } },
    /\/p: .*may read it/,
  ],
  [
    'programs-present',
    { ...configured({ file: '', programs: [] }), ...sidecar({ config: '' }) },
    /\/etc\/drainctl\.yaml: There is no such file/,
  ],
  ['programs-present', configured({ programs: [] }), /\/etc\/drainctl\.yaml: It has no entry/],
  ['unknown-programs', { supervisord: { url: '', infos: [] } }, /programs\.\*: .*for no process/],
  [
    'misfit-entries',
    { processes: [{ ...webProcess(), misfit: 'no number in web' }] },
    /web:web_00: .*no number in web/,
  ],
  [
    'duplicate-members',
    {
      processes: [webProcess(), { ...webProcess(), target: { ...webProcess().target, info: processInfo('api:api') } }],
    },
    /app\/web_00 of pool lb: web:web_00, api:api claim/,
  ],
  ['uncounted-stopwaitsecs', uncounted({ deadlineMs: 60_000 }, { stopWaitSecs: 10 }), /job:job: .*10 s.*60 s/],
  [
    'pool-answers',
    { pools: [address({ failure: { message: 'Nobody listens.', hint: '' } })] },
    /admin\.sock: Nobody listens\./,
  ],
  ['pool-access', { pools: [address({ problems: [{ message: 'no level admin', remedy: '' }] })] }, /no level admin/],
  [
    'members-exist',
    { pools: [address({ members: [member({ placement: 'missing' })] })] },
    /app\/web_00 \(web:web_00\)/,
  ],
  ['capacity-possible', { pools: [address({ groups: [{ name: 'app', servers: 3, needed: 3 }] })] }, /app has 3 in all/],
  ['members-counted', { pools: [address({ members: [member({ inFlightUnknown: 'no master' })] })] }, /no master/],
  ['listener-present', { listeners: [] }, /no listener/],
  [
    'listener-present',
    { listeners: ['a:a', 'b:b'].map((name) => ({ info: processInfo(name), config: undefined })) },
    /a:a, b:b: 2 listeners/,
  ],
  ['listener-running', { listener: { info: processInfo('drain:drain', 'FATAL'), config: undefined } }, /It is FATAL/],
  [
    'listener-priority',
    { settings: settings(['web:web_00', { groupPriority: 99_999 }]) },
    /not above that of web \(99999\)/,
  ],
  ['listener-stopwaitsecs', { gatePlan: lasting(3_600_000) }, /3600 s.*60 min/],
  ['listener-stopsignal', { listenerConfig: listenerConfig({ stopSignal: signals.SIGKILL }) }, /number 9/],
  ['standby-order', standbyWith({ groupPriority: 99_999 }), /99999 is not below that of the listener/],
  ['standby-order', standbyWith({ groupPriority: 999 }), /999 is not above that of web \(999\)/],
  ['standby-order', standbyWith({ stopWaitSecs: 10 }), /stopwaitsecs is 10 s, the listener's 3600 s/],
  ['standby-order', standbyWith({ stopSignal: signals.SIGQUIT }), /number 3/],
  ['standby-running', { ...standbyWith({}), ...running('FATAL', 'no drainctl') }, /FATAL \(no drainctl\)/],
  ['standby-running', { ...standbyWith({}), ...running('STOPPED') }, /It is STOPPED,/],
  [
    'standby-config',
    standbyWith({ command: 'drainctl standby --config /b' }),
    /names \/b, that of the listener no configuration/,
  ],
  ['standby-config', standbyWith({ command: 'drainctl standby --config=/b' }), /names \/b/],
  [
    'listener-buffer-size',
    { listenerSection: listenerSection('buffer_size=5\nevents=EVENT') },
    /drain\.conf:2: buffer_size is 5.*8 events/,
  ],
  [
    'listener-events',
    { listenerSection: listenerSection('buffer_size=99\nevents=PROCESS_STATE,TICK_5') },
    /lacks PROCESS_GROUP/,
  ],
  [
    'listener-events',
    { listenerSection: listenerSection('buffer_size=99\nevents=PROCESS_STATE,PROCESS_GROUP,TICK_60') },
    /lacks TICK_5/,
  ],
  [
    'listener-events',
    { config: reportedConfig, listenerSection: listenerSection(section) },
    /lacks PROCESS_COMMUNICATION/,
  ],
  [
    'listener-redirect-stderr',
    { listenerSection: listenerSection(`${section}redirect_stderr=True`) },
    /breaks the event protocol/,
  ],
  ['sidecar-version', sidecar({ version: '1.0.0' }), /version 1\.0\.0, and this command is 1\.2\.3/],
  ['sidecar-config', sidecar({ config: '/other.yaml' }), /goes by \/other\.yaml/],
  ['sidecar-config', { configChangedAtMs: Date.parse('2026-02-01T00:00:00Z') }, /has changed since/],
  [
    'sidecar-reaches-pools',
    {
      sidecar: {
        ...sidecarFacts(),
        blindFor: [{ process: 'a:a', pool: 'lb', address: address().address, why: 'EACCES' }],
      },
    },
    /the sidecar does not: EACCES/,
  ],
  [
    'agent-asked',
    { pools: [agent], sidecar: { ...sidecarFacts(), missing: [{ pool: 'edge', address: 'agent', label: 'app/a' }] } },
    /pool edge at agent: No HAProxy has ever asked about app\/a\. Nothing/,
  ],
  [
    'agent-asked',
    {
      pools: [agent],
      sidecar: {
        ...sidecarFacts(),
        blindFor: [{ process: 'a:a', pool: 'edge', address: 'agent', why: 'Nobody asks.' }],
      },
    },
    /Nobody asks\. Nothing/,
  ],
  [
    'agent-asked',
    {
      pools: [agent],
      sidecar: {
        ...sidecarFacts(),
        inTrouble: ['app/a', 'app/b'].map((label) => ({ pool: 'edge', address: 'agent', label, why: 'lb2 is mute' })),
      },
    },
    /pool edge at agent: app\/a(,| and) app\/b: lb2 is mute\./,
  ],
  ['sidecar-socket', { sidecarSocket: { path: '/s', mode: 0o777 } }, /\/s: Everybody/],
  ['supervisord-socket', { supervisordSocket: { path: '/s', mode: 0o702 } }, /\/s: Everybody.*0702/],
  [
    'supervisord-http',
    { supervisordConfig: supervisordConfig(`${ctl()}[inet_http_server]\nport=*:9001`) },
    /conf:4: .*\*:9001 without a password/,
  ],
  [
    'supervisord-http',
    { supervisordConfig: supervisordConfig(`${ctl()}[inet_http_server]\nport=9001`) },
    /9001 without/,
  ],
  [
    'supervisorctl-serverurl',
    { supervisordConfig: supervisordConfig(ctl('unix:///run/supervisor.sock')) },
    /^advice .*conf:2: .*past the sidecar/,
  ],
  ['supervisorctl-serverurl', { supervisordConfig: supervisordConfig('') }, /localhost:9001/],
  ['unit-active', { unit: unit({ ActiveState: 'inactive' }) }, /supervisor\.service: It is inactive/],
  ['unit-reloaded', { unit: unit({ NeedDaemonReload: 'yes' }) }, /have changed since systemd read them/],
  [
    'unit-exec-stop',
    { unit: unit({ ExecStop: execStop('/usr/bin/supervisorctl shutdown') }) },
    /is "\/usr\/bin\/supervisorctl shutdown"/,
  ],
  ['unit-exec-stop', { unit: unit({ ExecStop: '' }) }, /ExecStop= is empty/],
  [
    'unit-exec-stop',
    { unit: unit({ ExecStop: execStop('supervisorctl shutdown', 'drainctl shutdown') }) },
    /runs before/,
  ],
  [
    'unit-exec-stop',
    { unit: unit({ ExecStop: execStop('drainctl shutdown', 'supervisorctl shutdown') }) },
    /^warning .*runs after/,
  ],
  [
    'unit-exec-stop',
    { unit: unit({ ExecStop: '' }), stopUnit: unit({}, drainUnit) },
    /drain-connections\.service: It is not ordered After=supervisor\.service/,
  ],
  ['unit-active', { supervisordProcess: { pid: 18, isRunBy: () => false } }, /runs another supervisord.*pid 18/],
  ['unit-kill-mode', { unit: unit({ KillMode: 'control-group' }) }, /signals the programs itself/],
  ['unit-kill-mode', { unit: unit({ KillMode: 'process' }) }, /^warning .*orphans/],
  [
    'unit-kill-mode',
    {
      unit: unit({ ExecStop: '', KillMode: 'process' }),
      stopUnit: unit({ After: 'supervisor.service haproxy.service' }, drainUnit),
    },
    /^advice .*orphans/,
  ],
  ['unit-notify-access', { unit: unit({ NotifyAccess: 'none' }) }, /shows nothing/],
  ['unit-notify-access', { unit: unit({ User: 'svc' }) }, /With User=svc systemd refuses/],
  ['unit-notify-access', { unit: unit({ NotifyAccess: 'all' }) }, /the programs inherit the socket/],
  ['unit-ordering', { poolUnits: ['haproxy.service', 'consul.service'] }, /After=consul\.service/],
  ['stop-signals', stoppedBy(signals.SIGTERM, 'nginx -g "daemon off;"'), /SIGTERM, on which nginx ends at once/],
  ['stop-signals', stoppedBy(signals.SIGTERM, 'bash -c "exec /usr/sbin/nginx"'), /nginx/],
  ['stop-signals', stoppedBy(signals.SIGTERM, '/usr/sbin/php-fpm8.2 -F'), /php-fpm/],
  ['stop-signals', stoppedBy(signals.SIGTERM, '/usr/sbin/apache2 -DFOREGROUND'), /Apache/],
  ['stop-signals', stoppedBy(signals.SIGQUIT, 'python3 -m gunicorn app:app'), /gunicorn/],
  ['stop-signals', stoppedBy(signals.SIGTERM, 'bundle exec unicorn -c x.rb'), /unicorn/],
  ['stop-signals', stoppedBy(signals.SIGTERM, '/usr/sbin/haproxy -db'), /HAProxy/],
  ['stop-signals', stoppedBy(signals.SIGTERM, 'uwsgi --master -w app'), /loads itself anew.*stopwaitsecs\.$/],
  ['stop-signals', stoppedBy(signals.SIGQUIT, 'uwsgi --die-on-term -w app'), /SIGQUIT, on which uWSGI ends at once/],
  [
    'stop-signals',
    stoppedBy(signals.SIGTERM, 'uwsgi --ini app.ini'),
    /app\.ini could not be read and may say otherwise/,
  ],
  ['stop-signals', stoppedBy(signals.SIGKILL, '/usr/bin/app'), /KILL: it can never finish/],
  ['state-dir-writable', { stateDir: { ...stateDir(), unwritable: 'permission denied' } }, /permission denied/],
  ['state-dir-persistent', { stateDir: { ...stateDir(), fileSystem: 0x01021994 } }, /is tmpfs/],
  ['state-dir-persistent', { stateDir: { ...stateDir(), path: '/run/drainctl' } }, /\/run is emptied/],
  ['journal-readable', { journal: { ...journal(), problem: 'The journal is damaged.' } }, /is damaged/],
  ['journal-readable', { journal: { ...journal(), setAside: ['/x.damaged-1'] } }, /may be out still/],
  ['journal-processes', { journal: journal([entry('old:old')]) }, /supervisord no longer/],
  [
    'members-drift',
    { pools: [address({ members: [member({ placement: 'out', text: 'DRAIN' })] })] },
    /is DRAIN, not by drainctl/,
  ],
  ['members-drift', { journal: journal([entry('web:web_00', { address: address().address })]) }, /took it out/],
];

function journal(entries: readonly JournalEntry[] = []): FactTypes['journal'] {
  return { file: '/var/lib/drainctl/journal.json', content: { entries, holds: [] }, problem: '', setAside: [] };
}

const tellers = rules.filter(({ tells }) => tells !== undefined);

function ctl(url = 'unix:///run/drainctl.sock'): string {
  return `[supervisorctl]\nserverurl=${url}\n`;
}

function sidecarFacts(): FactTypes['sidecar'] {
  return (
    sidecar({}).sidecar ?? {
      version: { version: '', pid: 0, config: '', started_at: '', config_loaded_at: '' },
      blindFor: [],
      missing: [],
      inTrouble: [],
      methods: [],
    }
  );
}

function stateDir(): FactTypes['stateDir'] {
  return { path: '/var/lib/drainctl', existing: '/var/lib', unwritable: undefined, fileSystem: 0xef53 };
}

test('nothing is found where all is well, and every rule has looked', () => {
  const { findings, advice, checked, skipped } = applyRules(rules, facts());

  expect({ findings, advice, skipped }).toEqual({ findings: [], advice: [], skipped: [] });
  expect(checked).toEqual(rules.map(({ name }) => name));
});

describe('one finding, and no other, of', () => {
  test.each(wrong)('%s (%#)', (rule, given, says) => {
    const findings = findingsWith(given);

    expect(findings).toEqual([expect.stringMatching(says)]);
    expect(findings[0]).toContain(` ${rule}: `);
  });

  test("unit-timeout where the time can't be extended, beside unit-notify-access", () => {
    const given = {
      unit: unit({ NotifyAccess: 'main', TimeoutStopUSec: '1min 30s' }),
      shutdownPlan: lasting(90_000),
    };

    expect(findingsWith(given)).toEqual([
      expect.stringMatching(/^error unit-timeout: .*90 s, a shutdown can take 90 s/),
      expect.stringContaining('unit-notify-access'),
    ]);
  });
});

test('a standby as it is shipped, and that runs, is none', () => {
  expect(findingsWith({ ...standbyWith({}), ...running('RUNNING') })).toEqual([]);
});

test('every rule has a test here', () => {
  const tested = [...wrong.map(([rule]) => rule), ...tellers.map(({ name }) => name), 'unit-timeout'];

  expect([...new Set(tested)].sort()).toEqual(rules.map(({ name }) => name).sort());
});

/** A fact that could not be had. */
function without(fact: FactName): Facts {
  return { ...facts(), [fact]: { kind: 'unknown', fact, message: 'It hangs.', hint: 'Look at it.' } };
}

describe("what can't be had", () => {
  test.each(tellers.map((rule) => [rule.name, rule.tells ?? 'config'] as const))('is told by %s: %s', (name, fact) => {
    const { findings, skipped } = applyRules(rules, without(fact));

    expect(findings).toMatchObject([{ rule: name, message: 'It hangs.', remedy: 'Look at it.' }]);
    const needy = rules.filter((rule) => rule.needs.includes(fact) && rule.name !== name);
    expect(skipped).toEqual(needy.map((rule) => ({ rule: rule.name, why: `see ${name}` })));
  });

  test('is told by each rule that needs it where no rule is there to tell it', () => {
    const { findings, skipped } = applyRules(rules, without('poolUnits'));

    expect(skipped).toEqual([]);
    expect(findings).toMatchObject([{ rule: 'unit-ordering', message: 'It could not be checked: It hangs.' }]);
  });
});

test('what this machine does not have is not checked, and no finding', () => {
  const { findings, checked, skipped } = applyRules(rules, { ...facts(), unit: absent('systemd does not run here') });

  expect(findings).toEqual([]);
  expect(skipped).toContainEqual({ rule: 'unit-kill-mode', why: 'systemd does not run here' });
  expect(checked).not.toContain('unit-kill-mode');
});

test('one problem of many processes is one finding', () => {
  const processes = Array.from({ length: 40 }, (_, index) => {
    const { target: one, misfit } = webProcess({ command: 'nginx', fullName: `web:web_${index}` });
    return { target: { ...one, members: [] }, misfit };
  });

  expect(findingsWith({ processes })).toEqual([
    expect.stringContaining('web:web_0, web:web_1, web:web_2, web:web_3 and 36 more: It is stopped with SIGTERM'),
  ]);
});

test('errors come before warnings', () => {
  const given = { ...stoppedBy(signals.SIGTERM, 'nginx'), stateDir: { ...stateDir(), path: '/tmp/state' } };

  expect(findingsWith(given).map((text) => text.split(' ')[0])).toEqual(['error', 'warning']);
});

describe('nothing is found where', () => {
  test.each<readonly [string, Partial<FactTypes>]>(
    [
      [
        'only the owner may read a configuration with a password',
        { configFile: { path: '/c', mode: 0o600, secrets: ['supervisor.password'], secretFiles: [] } },
      ],
      ['a program has no entry', uncounted({ deadlineMs: 0 })],
      [
        'a program that nothing counts has as long as its deadline',
        uncounted({ deadlineMs: 60_000 }, { stopWaitSecs: 60 }),
      ],
      [
        'the sidecar can not reach what nobody reaches',
        {
          pools: [],
          sidecar: { ...sidecarFacts(), blindFor: [{ process: 'a:a', pool: 'lb', address: '/x', why: '' }] },
        },
      ],
      [
        'supervisord listens on loopback',
        { supervisordConfig: supervisordConfig(`${ctl()}[inet_http_server]\nport=127.0.0.1:9001`) },
      ],
      [
        'supervisord wants a password',
        { supervisordConfig: supervisordConfig(`${ctl()}[inet_http_server]\nport=9001\nusername=a\npassword=b`) },
      ],
      ['the listener subscribes to all events', { listenerSection: listenerSection('buffer_size=99\nevents=EVENT') }],
      [
        'drain-connections.service drains',
        {
          unit: unit({ ExecStop: execStop('supervisorctl shutdown') }),
          stopUnit: unit({ After: 'supervisor.service haproxy.service' }, drainUnit),
        },
      ],
      ['a short time can be extended', { unit: unit({ TimeoutStopUSec: '5s' }), shutdownPlan: lasting(60_000) }],
      [
        'all may notify, but programs do not get the socket',
        { unit: unit({ NotifyAccess: 'all', ExecStart: execStop('/usr/bin/env --unset=NOTIFY_SOCKET supervisord') }) },
      ],
      [
        'all may notify of a unit that runs no program',
        {
          unit: unit({ ExecStop: '' }),
          stopUnit: unit({ NotifyAccess: 'all', After: 'supervisor.service haproxy.service' }, drainUnit),
        },
      ],
      ['nginx is stopped with QUIT', stoppedBy(signals.SIGQUIT, 'nginx')],
      ['Apache is stopped with WINCH', stoppedBy(signals.SIGWINCH, 'apache2 -DFOREGROUND')],
      ['gunicorn is stopped with TERM', stoppedBy(signals.SIGTERM, 'gunicorn app:app')],
      ['uWSGI dies on TERM', stoppedBy(signals.SIGTERM, 'uwsgi --die-on-term --ini /etc/app.ini')],
      [
        "uWSGI's file says that it ends gracefully",
        {
          ...stoppedBy(signals.SIGTERM, 'uwsgi --ini /etc/app.ini'),
          commandFiles: new Map([['/etc/app.ini', 'hook-master-start = unix_signal:15 gracefully_kill_them_all']]),
        },
      ],
      ['a program only mentions nginx', stoppedBy(signals.SIGTERM, '/usr/bin/app --behind nginx')],
    ].filter((each) => each.length > 0) as [string, Partial<FactTypes>][],
  )('%s', (_, given) => {
    expect(findingsWith(given)).toEqual([]);
  });
});
