import { describe, expect, it } from 'vitest';
import { resolveMember, resolveProbe, resolveReady } from '../../../src/config/resolve.ts';
import { expansionValues } from '../../../src/supervisor/expansions.ts';
import { parseText } from './parse-text.ts';

const values = (name: string) => expansionValues({ group: 'web', name }, {}, 'box');

function configOf(program: string) {
  const config = parseText(`pools: {lb: {driver: balancer, addresses: [a]}}\nprograms: {web: ${program}}\n`);
  return { config, program: first(config.programs) };
}

function first<T>(items: readonly T[] | undefined): T {
  const item = items?.[0];
  if (item === undefined) throw new Error('there is none');
  return item;
}

describe('resolveMember', () => {
  const resolve = (member: string, name: string) => {
    const { config, program } = configOf(`{members: [${member}]}`);
    return resolveMember(config, program, first(program.members), values(name));
  };

  it('expands the member for the process', () => {
    const member = resolve('{pool: lb, server: "app/%(process_name)s"}', 'web_00');

    expect(member).toMatchObject({ pool: { name: 'lb' }, options: { server: 'app/web_00' }, label: 'app/web_00' });
  });

  it('gives a number where the driver wants one', () => {
    const member = resolve('{pool: lb, server: a/b, port: "81%(process_num)02d"}', 'web_07');

    expect(member.options).toEqual({ server: 'a/b', port: 8107 });
  });

  it('names program, key and the expanded value where the driver does not take it', () => {
    expect(() => resolve('{pool: lb, server: "%(process_name)s"}', 'web_00')).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        message: '/etc/drainctl.yaml: programs.web.members[0].server: must be backend/server (it expands to "web_00")',
      }),
    );
  });

  it('names the key where there is no process number', () => {
    expect(() => resolve('{pool: lb, server: "a/w%(process_num)d"}', 'main')).toThrow(
      /programs\.web\.members\[0\]\.server: .*does not end in a number/,
    );
  });
});

describe('resolveProbe', () => {
  const resolve = (probe: string, name: string) => {
    const { config, program } = configOf(`{in_flight: [${probe}]}`);
    return resolveProbe(config, program, first(program.inFlight), values(name));
  };

  it('expands texts in lists', () => {
    const probe = resolve('{probe: command, command: [/bin/jobs, "%(group_name)s", "100%%"]}', 'web_00');

    expect(probe).toMatchObject({ driver: { name: 'command' }, options: { command: ['/bin/jobs', 'web', '100%'] } });
  });

  it('refuses a URL that is none once expanded', () => {
    expect(() => resolve('{probe: fetch, url: "%(process_name)s"}', 'web_00')).toThrow(
      'programs.web.in_flight[0].url: must be an http:// or https:// URL (it expands to "web_00")',
    );
  });
});

describe('resolveReady', () => {
  const resolve = (program: string, name: string) => {
    const { config, program: entry } = configOf(program);
    return resolveReady(config, entry, values(name));
  };

  it('is undefined where the program does not say', () => {
    expect(resolve('{}', 'web_00')).toBeUndefined();
  });

  it('expands the URL', () => {
    expect(resolve('{ready: {http: "http://a:81%(process_num)02d/"}}', 'web_03')).toEqual({
      http: 'http://a:8103/',
      exec: undefined,
      deadlineMs: 60_000,
    });
  });

  it('expands the command', () => {
    expect(resolve('{ready: {exec: [check, "%(process_name)s"]}}', 'web_03')?.exec).toEqual(['check', 'web_03']);
  });

  it('refuses a URL that is none once expanded', () => {
    expect(() => resolve('{ready: {http: "%(process_name)s"}}', 'web_03')).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining('programs.web.ready.http') }),
    );
  });
});
