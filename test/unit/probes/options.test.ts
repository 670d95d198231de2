import { describe, expect, test } from 'vitest';
import { parseExpanded } from '../../../src/config/templates.ts';
import { apacheStatus } from '../../../src/probes/apache-status.ts';
import { exec } from '../../../src/probes/exec.ts';
import { file } from '../../../src/probes/file.ts';
import { http } from '../../../src/probes/http.ts';
import { nginxStatus } from '../../../src/probes/nginx-status.ts';
import { phpFpmStatus } from '../../../src/probes/php-fpm-status.ts';
import { prometheus } from '../../../src/probes/prometheus.ts';
import { reported } from '../../../src/probes/reported.ts';
import { tcp } from '../../../src/probes/tcp.ts';
import { uwsgiStats } from '../../../src/probes/uwsgi-stats.ts';

describe('options of http', () => {
  const complaint = (options: object) =>
    http.options.safeParse({ url: 'http://h/', ...options }).error?.issues[0]?.message;

  test('have defaults', () => {
    expect(http.options.parse({ url: 'http://h/load' })).toMatchObject({ method: 'GET', timeout: 2_000, subtract: 0 });
  });

  test.each([
    [{ url: 'h/load' }, 'write a whole URL'],
    [{ url: 'ftp://h/load' }, 'write a whole URL'],
    [{ socket: 'app.sock' }, 'write an absolute path'],
    [{ json: 'active' }, 'write a JSON pointer'],
    [{ regex: 'busy=\\d+' }, 'one group'],
    [{ regex: 'busy=(' }, 'one group'],
    [{ json: '/a', regex: '(a)' }, 'exclude each other'],
    [{ timeout: 2 }, '2 has no unit'],
    [{ headers: { 'a b': 'c' } }, 'Invalid key'],
    [{ headers: { a: 'b\nc' } }, 'not a header value'],
  ])('%j is refused', (options, text) => {
    expect(complaint(options)).toContain(text);
  });

  test.each([{ subtract: -1 }, { subtract: 0.5 }, { method: 'DELETE' }])('%j is refused', (options) => {
    expect(complaint(options)).toBeDefined();
  });
});

describe('options of exec', () => {
  test('have defaults', () => {
    expect(exec.options.parse({ command: ['jobs'] })).toEqual({ command: ['jobs'], timeout: 5_000, env: {} });
  });

  test.each([{ command: [] }, { command: [''] }, { command: 'jobs -c' }, { command: ['a'], timeout: '5' }])(
    '%j is refused',
    (options) => {
      expect(exec.options.safeParse(options).success).toBe(false);
    },
  );
});

describe('options of tcp', () => {
  test('have defaults', () => {
    expect(tcp.options.parse({})).toEqual({ ignore_from: [] });
  });

  test.each([
    [{ ports: [] }, 'name at least one port'],
    [{ ignore_from: ['haproxy.example'] }, 'write an address or a network'],
    [{ ignore_from: ['10.0.0.0/40'] }, 'write an address or a network'],
  ])('%j is refused', (options, text) => {
    expect(tcp.options.safeParse(options).error?.issues[0]?.message).toContain(text);
  });

  test.each([{ ports: [0] }, { ports: [65_536] }, { ports: ['80'] }, { ports: 80 }])('%j is refused', (options) => {
    expect(tcp.options.safeParse(options).success).toBe(false);
  });

  test('a port may be made of the number of the process', () => {
    const expanded = parseExpanded(tcp.options, { ports: ['81%(process_num)02d'] }, () => '8103');
    expect(expanded).toMatchObject({ data: { ports: [8103] } });
  });
});

describe('options of file', () => {
  test('have defaults', () => {
    expect(file.options.parse({ path: '/run/load' })).toEqual({ path: '/run/load', timeout: 2_000 });
  });

  test.each([
    [{}, '`path` or `count` is needed'],
    [{ path: '/a', count: '/b' }, 'exclude each other'],
    [{ count: '/b', regex: '(a)' }, 'exclude each other'],
    [{ count: '/b', max_age: '1s' }, 'exclude each other'],
    [{ path: 'a' }, 'write an absolute path'],
    [{ count: '*.job' }, 'write an absolute path'],
    [{ count: '/var/spool/' }, 'name files, not a folder'],
    [{ path: '/a', regex: 'busy' }, 'one group'],
  ])('%j is refused', (options, text) => {
    expect(file.options.safeParse(options).error?.issues[0]?.message).toContain(text);
  });

  test('missing is 0 or not said', () => {
    expect(file.options.safeParse({ path: '/a', missing: 1 }).success).toBe(false);
  });
});

describe('options of prometheus', () => {
  const complaint = (options: object) =>
    prometheus.options.safeParse({ url: 'http://h/metrics', metric: 'busy', ...options }).error?.issues[0]?.message;

  test('have defaults', () => {
    expect(prometheus.options.parse({ url: 'http://h/metrics', metric: 'busy' })).toMatchObject({
      labels: {},
      labels_regex: {},
      timeout: 2_000,
      subtract: 0,
    });
  });

  test.each([
    [{ url: 'h/metrics' }, 'write a whole URL'],
    [{ metric: 'busy{state="active"}' }, 'the name of a metric alone'],
    [{ labels: { 'a-b': 'c' } }, 'Invalid key'],
    [{ labels_regex: { a: '(' } }, 'not a regular expression'],
  ])('%j is refused', (options, text) => {
    expect(complaint(options)).toContain(text);
  });
});

describe('options of reported', () => {
  test('have defaults', () => {
    expect(reported.options.parse({})).toEqual({ key: 'in_flight' });
  });

  test.each(['', 'in flight', 'a=b'])('the key %j is refused', (key) => {
    expect(reported.options.safeParse({ key }).success).toBe(false);
  });
});

describe('options of the status pages', () => {
  test('have defaults', () => {
    expect(nginxStatus.options.parse({ url: 'http://h/' })).toMatchObject({ which: 'busy', timeout: 2_000 });
    expect(apacheStatus.options.parse({ url: 'http://h/' })).toMatchObject({ headers: {}, timeout: 2_000 });
    expect(phpFpmStatus.options.parse({ address: '/a.sock' })).toMatchObject({ path: '/status', timeout: 2_000 });
    expect(uwsgiStats.options.parse({ address: 'tcp://h:1717' })).toMatchObject({ address: { port: 1717 } });
  });

  test.each([
    [nginxStatus, { url: 'h/status' }, 'write a whole URL'],
    [apacheStatus, { url: 'http://h/', socket: 'a.sock' }, 'write an absolute path'],
    [phpFpmStatus, {}, '`address` or `url` is needed'],
    [phpFpmStatus, { address: '/a.sock', url: 'http://h/' }, 'exclude each other'],
    [phpFpmStatus, { address: '/a.sock', socket: '/b.sock' }, '`socket` needs `url`'],
    [phpFpmStatus, { address: '/a.sock', path: 'status' }, 'write an absolute path without a query'],
    [phpFpmStatus, { address: '127.0.0.1:9000' }, 'write /path/to.sock, unix:///path/to.sock or tcp://HOST:PORT'],
    [uwsgiStats, {}, '`address` or `url` is needed'],
    [uwsgiStats, { address: '/a.sock', url: 'http://h/' }, 'exclude each other'],
  ])('of $name: %j is refused', ({ options }, written, text) => {
    expect(options.safeParse(written).error?.issues[0]?.message).toContain(text);
  });
});
