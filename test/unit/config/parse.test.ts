import { describe, expect, it } from 'vitest';
import { defaultRpcServerLimits } from '../../../src/rpc/limits.ts';
import { parseText } from './parse-text.ts';

describe('parseConfig', () => {
  it('fills in the defaults', () => {
    expect(parseText('programs: {web: {}}')).toEqual({
      file: '/etc/drainctl.yaml',
      supervisor: { url: undefined, username: undefined, password: undefined },
      sidecar: {
        socket: '/run/drainctl.sock',
        socketMode: 0o700,
        listen: undefined,
        credentials: undefined,
        limits: defaultRpcServerLimits,
        http: undefined,
      },
      stateDir: '/var/lib/drainctl',
      log: { level: 'info' },
      pools: new Map(),
      programs: [
        {
          pattern: 'web',
          members: [],
          inFlight: undefined,
          beforeStop: [],
          afterDrain: [],
          ready: undefined,
          deadlineMs: 60_000,
          quietMs: 300,
          pollMs: 100,
          settleMs: undefined,
          onDeadline: 'stop',
          onCrash: 'depool',
          stage: undefined,
          maxUnavailable: 1,
        },
      ],
    });
  });

  it('takes every key', () => {
    const config = parseText(`
supervisor: { url: unix:///run/supervisor.sock, username: admin, password_file: pw }
sidecar: { socket: /run/d.sock, socket_mode: "0770", http: "[::1]:9011" }
state_dir: /srv/drainctl
log: { level: debug }
pools:
  lb: { driver: balancer, addresses: [a, b] }
programs:
  web:
    members: [{ pool: lb, server: "app/%(process_name)s" }]
    in_flight: [{ probe: fetch, url: "http://127.0.0.1:81%(process_num)02d/load" }]
    ready: { http: "http://127.0.0.1:81%(process_num)02d/", deadline: 5s }
    deadline: 1m30s
    quiet: 0s
    poll: 50ms
    settle: 2s
    on_deadline: hold
    stage: 2
    max_unavailable: 3
`);

    expect(config.supervisor).toEqual({ url: 'unix:///run/supervisor.sock', username: 'admin', password: 'secret' });
    expect(config.sidecar).toMatchObject({
      socket: '/run/d.sock',
      socketMode: 0o770,
      http: { host: '::1', port: 9011 },
    });
    expect(config.stateDir).toBe('/srv/drainctl');
    expect(config.log.level).toBe('debug');
    expect(config.programs).toMatchObject([
      {
        members: [{ pool: 'lb', options: { server: 'app/%(process_name)s' } }],
        inFlight: [{ driver: { name: 'fetch' }, options: { url: 'http://127.0.0.1:81%(process_num)02d/load' } }],
        ready: { http: 'http://127.0.0.1:81%(process_num)02d/', exec: undefined, deadlineMs: 5_000 },
        deadlineMs: 90_000,
        quietMs: 0,
        pollMs: 50,
        settleMs: 2_000,
        onDeadline: 'hold',
        stage: 2,
        maxUnavailable: 3,
      },
    ]);
  });

  it("gives a pool its driver's defaults and not the driver key", () => {
    const config = parseText('pools: {lb: {driver: balancer, addresses: [a]}}');

    expect(config.pools.get('lb')).toMatchObject({ name: 'lb', driver: { name: 'balancer' } });
    expect(config.pools.get('lb')?.options).toEqual({ addresses: ['a'], retries: 3 });
  });

  it('prefers what a program says to what defaults say', () => {
    const config = parseText('defaults: {deadline: 2m, poll: 1s}\nprograms: {a: {deadline: 5s}, b: {}}');

    expect(config.programs.map(({ deadlineMs, pollMs }) => [deadlineMs, pollMs])).toEqual([
      [5_000, 1_000],
      [120_000, 1_000],
    ]);
  });

  it('keeps programs in the order of the file', () => {
    expect(parseText('programs: {z: {}, a: {}, m: {}}').programs.map(({ pattern }) => pattern)).toEqual([
      'z',
      'a',
      'm',
    ]);
  });

  it('takes anchors and merge keys', () => {
    const config = parseText('programs:\n  a: &a {deadline: 5s, quiet: 1s}\n  b: {<<: *a, quiet: 2s}\n');

    expect(config.programs.map(({ deadlineMs, quietMs }) => [deadlineMs, quietMs])).toEqual([
      [5_000, 1_000],
      [5_000, 2_000],
    ]);
  });

  it('leaves the check of what depends on the process to later', () => {
    const text =
      'pools: {lb: {driver: balancer, addresses: [a]}}\nprograms: {web: {members: [{pool: lb, server: "%(group_name)s", port: "80%(process_num)02d"}]}}';

    expect(parseText(text).programs[0]?.members).toHaveLength(1);
  });

  it('checks at once what depends on the environment alone', () => {
    const text = 'programs: {web: {in_flight: [{probe: fetch, url: "%(ENV_URL)s/load"}]}}';

    expect(parseText(text, { URL: 'http://a' }).programs).toHaveLength(1);
    expect(() => parseText(text, { URL: 'a' })).toThrow('must be an http:// or https:// URL');
  });

  it('takes the same template in two programs, as their processes differ', () => {
    const members = '{members: [{pool: lb, server: "app/%(process_name)s"}]}';

    const config = parseText(
      `pools: {lb: {driver: balancer, addresses: [a]}}\nprograms: {web: ${members}, api: ${members}}`,
    );

    expect(config.programs).toHaveLength(2);
  });

  it('takes owner, address, password and limits of the sidecar', () => {
    const { sidecar } = parseText(
      'sidecar: { socket_owner: 33, socket_group: www-data, listen: "0.0.0.0:9002", username: a, password: b, limits: { body: 2000, idle_timeout: 5m } }\nprograms: {web: {}}',
    );

    expect(sidecar).toMatchObject({
      socketOwner: '33',
      socketGroup: 'www-data',
      listen: { host: '0.0.0.0', port: 9002 },
      credentials: { username: 'a', password: 'b' },
      limits: { ...defaultRpcServerLimits, maxBodyBytes: 2_000, idleTimeoutMs: 300_000 },
    });
  });

  it.each(['127.0.0.1:9002', '127.9.9.9:9002', '[::1]:9002', 'localhost:9002'])('%s needs no password', (listen) => {
    expect(parseText(`sidecar: { listen: "${listen}" }\nprograms: {web: {}}`).sidecar.credentials).toBeUndefined();
  });
});
