import { describe, expect, test } from 'vitest';
import { configChanges, sayChanges, withFixedKeys } from '../../../src/config/changes.ts';
import type { Config } from '../../../src/config/config.ts';
import { registries } from '../../../src/config/load.ts';
import { parseConfig } from '../../../src/config/parse.ts';

function config(text: string): Config {
  const readPassword = () => ({ password: 'from a file' });
  return parseConfig('/etc/drainctl.yaml', text, { env: {}, registries, readPassword });
}

const before = `
supervisor: { url: "unix:///run/supervisor.sock", username: admin, password: one }
pools:
  lb: { driver: haproxy, addresses: [/run/a.sock] }
  old: { driver: haproxy, addresses: [/run/old.sock] }
programs:
  web: { members: [{ pool: lb, server: "app/%(process_name)s" }] }
  worker: { stage: 2 }
`;

describe('what has changed', () => {
  test('is nothing where only the way of writing is another', () => {
    const after = before.replace('{ stage: 2 }', '{ "stage": 2 } # last');

    const changes = configChanges(config(before), config(`${after}\nlog: { level: info }\n`));

    expect(sayChanges(changes)).toBe('nothing that is in force has changed');
    expect(changes.fixed).toEqual([]);
  });

  test('is told by the names of programs and pools', () => {
    const after = `
supervisor: { url: "unix:///run/supervisor.sock", username: admin, password: one }
log: { level: debug }
pools:
  lb: { driver: haproxy, addresses: [/run/a.sock, /run/b.sock] }
programs:
  web: { members: [{ pool: lb, server: "app/%(process_name)s" }], deadline: 5s }
  api: {}
`;

    expect(sayChanges(configChanges(config(before), config(after)))).toBe(
      'programs added: api; programs removed: worker; programs changed: web; pools removed: old; pools changed: lb; log.level changed',
    );
  });

  test('of the defaults is a change of each program that takes them', () => {
    const after = `${before}\ndefaults: { quiet: 1s }\n`;

    expect(configChanges(config(before), config(after)).programs.changed).toEqual(['web', 'worker']);
  });

  test('names the keys that need a restart, and never their values', () => {
    const after = `${before.replace('password: one', 'password: secret')}
sidecar: { socket: /run/other.sock, http: "127.0.0.1:9011", limits: { connections: 3 } }
state_dir: /var/lib/other
`;

    const { fixed } = configChanges(config(before), config(after));

    expect(fixed).toEqual(['supervisor.password', 'sidecar.socket', 'sidecar.limits', 'sidecar.http', 'state_dir']);
  });
});

test('what the running sidecar takes on is the new configuration, with the keys that need a restart as they were', () => {
  const [old, next] = [config(before), config('state_dir: /var/lib/other\nprograms: { api: {} }\n')];

  const merged = withFixedKeys(old, next);

  expect(merged).toEqual({ ...next, supervisor: old.supervisor, sidecar: old.sidecar, stateDir: old.stateDir });
});
