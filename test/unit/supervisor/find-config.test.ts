import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { findSupervisordConfig, supervisordStartOf } from '../../../src/supervisor/find-config.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

function find(argv: readonly string[], existing: readonly string[] = [], folder = '/work'): string {
  return findSupervisordConfig({ argv, folder, env: {} }, (path) => existing.includes(path));
}

describe('the file that the command line names', () => {
  test.each([
    [['/usr/bin/python3', '/usr/bin/supervisord', '-n', '-c', '/a.conf'], '/a.conf'],
    [['/usr/bin/supervisord', '-c/a.conf'], '/a.conf'],
    [['/usr/bin/supervisord', '-nc', '/a.conf'], '/a.conf'],
    [['/usr/bin/supervisord', '-nkc/a.conf'], '/a.conf'],
    [['/usr/bin/supervisord', '--configuration', '/a.conf', '--nodaemon'], '/a.conf'],
    [['/usr/bin/supervisord', '--configuration=/a.conf'], '/a.conf'],
    [['/usr/bin/supervisord', '--conf=/a.conf'], '/a.conf'],
    [['/usr/bin/supervisord', '-l', '-c', '-c', '/a.conf'], '/a.conf'],
    [['/usr/bin/supervisord', '--logfile', '--configuration', '-c', '/a.conf'], '/a.conf'],
    [['python3', '-m', 'supervisor.supervisord', '-c', 'etc/a.conf'], '/work/etc/a.conf'],
  ])('%j', (argv, expected) => {
    expect(find(argv)).toBe(expected);
  });
});

describe('without one, the first that is there', () => {
  const places = [
    '/opt/etc/supervisord.conf',
    '/opt/supervisord.conf',
    '/work/supervisord.conf',
    '/work/etc/supervisord.conf',
    '/etc/supervisord.conf',
    '/etc/supervisor/supervisord.conf',
  ];

  test.each(places.map((place, index) => [place, places.slice(index)]))('%s', (place, existing) => {
    expect(find(['/opt/bin/supervisord', '-n'], existing)).toBe(place);
  });

  test('none is an error that names the places', () => {
    expect(() => find(['/opt/bin/supervisord'])).toThrowError(
      expect.objectContaining({ code: 'SUPERVISOR_CONFIG', hint: expect.stringContaining(places.join(', ')) }),
    );
  });
});

test('a process that is no supervisord is not taken for one', () => {
  expect(supervisordStartOf(process.pid)).toBeUndefined();
});

test('a process tells its command line, folder and environment', async () => {
  await using directory = temporaryDirectory();
  const script = directory.write('supervisord', 'echo up; read line');
  const child = spawn('/bin/sh', [script, '-c', 'a.conf'], { cwd: directory.path, env: { PATH: '/bin', A: 'b=c' } });
  await once(child.stdout, 'data');

  const start = supervisordStartOf(child.pid ?? 0);
  child.stdin.end();
  await once(child, 'exit');

  expect(start).toMatchObject({ argv: ['/bin/sh', script, '-c', 'a.conf'], folder: directory.path, env: { A: 'b=c' } });
});
