import { stringify } from 'yaml';
import { haproxyConfig } from '../haproxy-config.ts';
import { iniSection } from '../ini.ts';
import type { Layer } from './layer.ts';
import { loadProgramInside, shippedFile, webProgramInside } from './software.ts';

/** HAProxy's frontend, inside. */
export const frontend = 'http://127.0.0.1:8080';
/** The admin socket of HAProxy, where Debian's configuration has it. */
export const adminSocket = '/run/haproxy/admin.sock';
/** Where every web process writes down that it was stopped, and what that cut off. */
export const stopLog = '/var/lib/stops.jsonl';
/** The names of the web processes, which are those of the servers in HAProxy, too. */
export const webNames = ['web_00', 'web_01', 'web_02', 'web_03'] as const;
/** The name of the cookie that leads to one server. */
export const cookieName = 'SERVER';

const node = '/usr/local/bin/node';
const firstPort = 8100;
const peerPort = 8199;

/**
 * The machine's services: HAProxy and supervisord with their packages' own units, four web processes under supervisord,
 * and beside it a peer, which stays up as long as HAProxy does.
 */
export function installServices(layer: Layer, config: object, withListener: boolean): void {
  const servers = webNames.map((name, index) => ({ name, port: firstPort + index }));
  layer.write(
    '/etc/haproxy/haproxy.cfg',
    haproxyConfig({
      servers: [...servers, { name: 'peer', port: peerPort }],
      port: Number(new URL(frontend).port),
      adminPort: 8081,
      socketPath: adminSocket,
      cookie: cookieName,
    }),
  );
  layer.write('/etc/supervisor/conf.d/web.conf', webSection());
  if (withListener) layer.write('/etc/supervisor/conf.d/drain.conf', shippedFile('supervisord.d/drain.conf'));
  layer.write('/etc/drainctl.yaml', stringify(config));
  layer.write('/etc/systemd/system/peer.service', peerUnit);
  layer.write('/etc/systemd/system/load@.service', loadUnit);
  for (const unit of ['haproxy', 'supervisor']) enable(layer, `${unit}.service`, `/lib/systemd/system/${unit}.service`);
  enable(layer, 'peer.service', '/etc/systemd/system/peer.service');
  // Kept over the end of the machine, for the test to read.
  layer.write('/etc/systemd/journald.conf.d/e2e.conf', '[Journal]\nStorage=persistent\nRateLimitIntervalSec=0\n');
  layer.link('/etc/systemd/system/getty.target', '/dev/null');
}

/** An ordinary configuration of drainctl for this machine. */
export function machineConfig() {
  return {
    pools: { lb: { driver: 'haproxy', addresses: [adminSocket] } },
    defaults: { deadline: '20s', quiet: '300ms', poll: '100ms' },
    programs: {
      web: {
        members: [{ pool: 'lb', server: 'app/%(process_name)s' }],
        ready: { http: `http://127.0.0.1:${firstPort / 100}%(process_num)02d/health` },
      },
    },
  };
}

/** The drop-in that is shipped, for Debian's unit, and below it lines of `[Service]` that a test changes. */
export function dropIn(...lines: readonly string[]): Record<string, string> {
  const folder = '/etc/systemd/system/supervisor.service.d';
  return {
    [`${folder}/drain.conf`]: shippedFile('units/supervisord.service.d/drain.conf'),
    ...(lines.length > 0 ? { [`${folder}/zz-test.conf`]: `${['[Service]', ...lines].join('\n')}\n` } : {}),
  };
}

/** What `systemctl enable` does. */
function enable(layer: Layer, unit: string, file: string): void {
  layer.link(`/etc/systemd/system/multi-user.target.wants/${unit}`, file);
}

function webSection(): string {
  const name = '%(program_name)s_%(process_num)02d';
  const port = `${firstPort / 100}%(process_num)02d`;
  return iniSection('program:web', {
    numprocs: webNames.length,
    process_name: name,
    command: `${node} ${webProgramInside} --port ${port} --name ${name} --stop-log ${stopLog}`,
    startsecs: 1,
  });
}

const peerUnit = `[Unit]
Description=The server that takes over
Before=haproxy.service

[Service]
ExecStart=${node} ${webProgramInside} --port ${peerPort} --name peer
`;

/** Units stop in the reverse order of their start, so this one stops last. */
const loadUnit = `[Unit]
Description=Requests through HAProxy (%i)
Before=peer.service haproxy.service supervisor.service supervisord.service

[Service]
ExecStart=${node} ${loadProgramInside} %i
`;
