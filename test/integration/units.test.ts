import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { toolPath } from '../support/tools.ts';

const unitFile = 'units/supervisord.service';
const dropInFile = 'units/supervisord.service.d/drain.conf';
const drainConnectionsFile = 'units/drain-connections.service';

/** As Debian 12 ships it, without what has no bearing on a stop. */
const debianUnit = `[Unit]
Description=Supervisor process control system for UNIX
After=network.target

[Service]
ExecStart=/bin/true -n -c /etc/supervisor/supervisord.conf
ExecStop=/bin/false shutdown
KillMode=process
Restart=on-failure
RestartSec=50s

[Install]
WantedBy=multi-user.target
`;

/** As Fedora ships it: it goes into the background, and has no ExecStop=. */
const fedoraUnit = `[Unit]
Description=Process Monitoring and Control Daemon
After=rc-local.service nss-user-lookup.target

[Service]
Type=forking
ExecStart=/bin/true -c /etc/supervisord.conf

[Install]
WantedBy=multi-user.target
`;

const hasSystemd = ['/usr/bin/systemd-analyze', '/bin/systemd-analyze'].some((path) => existsSync(path));

/** The shipped file; where a program is named, it is one that every machine has, or `drainctl` as it is told. */
function shipped(file: string, drainctl = '/bin/true'): string {
  return readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8')
    .replace('ExecStop=drainctl ', `ExecStop=${drainctl} `)
    .replace('ExecStopPost=-drainctl ', `ExecStopPost=-${drainctl} `)
    .replace('ExecStart=supervisord ', 'ExecStart=/bin/true ')
    .replace('ExecReload=supervisorctl ', 'ExecReload=/bin/true ');
}

/** The values of a directive, in the order of the file. */
function valuesOf(file: string, directive: string): string[] {
  return [...shipped(file, 'drainctl').matchAll(new RegExp(`^${directive}=(.*)$`, 'gm'))].map(
    ([, value = '']) => value,
  );
}

/** Writes units, and has systemd check the first one, with its drop-ins. */
async function verify(units: Readonly<Record<string, string>>): Promise<{ exitCode: number; said: string }> {
  await using directory = temporaryDirectory();
  for (const [name, text] of Object.entries(units)) {
    mkdirSync(dirname(directory.file(name)), { recursive: true });
    directory.write(name, text);
  }
  const [first = ''] = Object.keys(units);
  const { exitCode = -1, all: said } = await execa(
    toolPath('systemd-analyze'),
    ['verify', '--man=no', directory.file(first)],
    {
      reject: false,
      all: true,
      stdin: 'ignore',
      timeout: 90_000,
    },
  );
  // It also tells of faults in this machine's own units.
  return {
    exitCode,
    said: said
      .split('\n')
      .filter((line) => /superviso|drain/.test(line))
      .join('\n'),
  };
}

describe.skipIf(!hasSystemd)('systemd accepts (skipped where systemd-analyze is missing)', () => {
  test.each([
    ['the unit', { 'supervisord.service': shipped(unitFile) }],
    [
      "the drop-in for Debian's unit",
      { 'supervisor.service': debianUnit, 'supervisor.service.d/drain.conf': shipped(dropInFile) },
    ],
    [
      "the drop-in for Fedora's unit",
      { 'supervisord.service': fedoraUnit, 'supervisord.service.d/drain.conf': shipped(dropInFile) },
    ],
    [
      "drain-connections.service beside Debian's unit",
      { 'drain-connections.service': shipped(drainConnectionsFile), 'supervisor.service': debianUnit },
    ],
    [
      "drain-connections.service beside Fedora's unit, changed as its comment says",
      {
        'drain-connections.service': shipped(drainConnectionsFile).replaceAll(
          'supervisor.service',
          'supervisord.service',
        ),
        'supervisord.service': fedoraUnit,
      },
    ],
  ])('%s', async (_, units) => {
    expect(await verify(units)).toEqual({ exitCode: 0, said: '' });
  });

  test('only what it has read: a drop-in whose program is missing is refused', async () => {
    const { exitCode, said } = await verify({
      'supervisor.service': debianUnit,
      'supervisor.service.d/drain.conf': shipped(dropInFile, '/nowhere/drainctl'),
    });

    expect(exitCode).not.toBe(0);
    expect(said).toContain('/nowhere/drainctl is not executable');
  });
});

test("the drop-in takes the package's ExecStop= away before it adds its own", () => {
  expect(valuesOf(dropInFile, 'ExecStop')).toEqual(['', 'drainctl shutdown']);
});

test('drain-connections.service names the unit of supervisord in three directives, and leaves supervisord running', () => {
  const directives = ['BindsTo', 'After', 'WantedBy'].map((name) => valuesOf(drainConnectionsFile, name)[0]);

  expect(directives).toEqual(['supervisor.service', 'supervisor.service', 'supervisor.service']);
  expect(valuesOf(drainConnectionsFile, 'ExecStop')).toEqual(['drainctl shutdown --keep-supervisord']);
});

test.each(['After', 'Wants', 'ExecStopPost', 'NotifyAccess', 'KillMode', 'TimeoutStopSec', 'Restart', 'RestartSec'])(
  'the unit and the drop-in agree on %s=',
  (directive) => {
    expect(valuesOf(unitFile, directive)).toEqual(valuesOf(dropInFile, directive));
  },
);

test('drain-connections.service waits for the same units and as long as the drop-in', () => {
  expect(valuesOf(drainConnectionsFile, 'After').slice(1)).toEqual(valuesOf(dropInFile, 'After'));
  expect(valuesOf(drainConnectionsFile, 'TimeoutStopSec')).toEqual(valuesOf(dropInFile, 'TimeoutStopSec'));
});

describe.skipIf(!hasSystemd)('hardening (skipped where systemd-analyze is missing)', () => {
  test('drain-connections.service has an exposure of 3.5 at most', async () => {
    const file = fileURLToPath(new URL(`../../${drainConnectionsFile}`, import.meta.url));

    const { exitCode, all } = await execa(
      toolPath('systemd-analyze'),
      ['security', '--offline=true', '--threshold=35', '--no-pager', file],
      { reject: false, all: true, stdin: 'ignore', timeout: 90_000 },
    );

    expect({ exitCode, last: all.trim().split('\n').at(-1) }).toMatchObject({ exitCode: 0 });
  });
});
