import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { markVariable } from '../../support/run-id.ts';
import { type Stack, startStack } from '../../support/stack.ts';
import type { StackConfig } from '../../support/stack-config.ts';

type Mistake = readonly [what: string, text: string, line: number, column: number, says: string];

const member = (keys: string) => `programs:\n  web:\n    members:\n      - ${keys}\n`;
const probe = (keys: string) => `programs:\n  web:\n    in_flight:\n      - ${keys}\n`;

/** Each begins a configuration; the sections that it does not write follow after it, and are right. */
const mistakes: readonly Mistake[] = [
  ['an unknown section', 'supervisr: {}\n', 1, 1, 'did you mean "supervisor"?'],
  ['a tab for spaces', 'defaults:\n\tpoll: 1s\n', 2, 1, 'tab'],
  ['a bracket that is not closed', 'log: [1\n', 2, 1, 'end with a ]'],
  ['a key that is there twice', 'defaults:\n  poll: 1s\n  poll: 2s\n', 3, 3, 'twice'],
  ['an alias of nothing', 'defaults: *base\n', 1, 11, 'no anchor'],
  ['a section without keys', 'defaults:\n', 1, 1, 'is empty'],
  ['an unknown key', 'defaults:\n  polll: 1s\n', 2, 3, 'did you mean "poll"?'],
  ['an unknown key of a program', 'programs:\n  web:\n    deadlin: 3s\n', 3, 5, 'did you mean "deadline"?'],
  ['a number for text', 'state_dir: 5\n', 1, 12, 'must be text'],
  ['a relative folder', 'state_dir: lib\n', 1, 12, 'absolute path'],
  ['a list of programs', 'programs: [web]\n', 1, 11, 'must be a map'],
  ['an unknown log level', 'log: {level: inf}\n', 1, 14, 'did you mean "info"?'],
  ['an address of another protocol', 'supervisor: {url: "tcp://x"}\n', 1, 19, 'is not an address'],
  ['a user without password', 'supervisor: {username: a}\n', 1, 24, 'needs password'],
  ['a socket mode without quotes', 'sidecar: {socket_mode: 0700}\n', 1, 24, 'in quotes'],
  ['a relative socket', 'sidecar: {socket: run/x}\n', 1, 19, 'absolute path'],
  ['a port that is none', 'sidecar: {http: "a:70000"}\n', 1, 17, 'host:port'],
  ['a duration without unit', 'defaults: {deadline: 30}\n', 1, 22, 'write 30s'],
  ['a duration of nonsense', 'defaults: {deadline: soon}\n', 1, 22, 'is not a duration'],
  ['a deadline of zero', 'defaults: {deadline: 0s}\n', 1, 22, 'at least'],
  ['a deadline shorter than quiet', 'defaults: {deadline: 1s, quiet: 2s}\n', 1, 22, 'shorter than quiet'],
  ['an unknown action at the deadline', 'defaults: {on_deadline: stpo}\n', 1, 25, 'did you mean "stop"?'],
  ['nothing unavailable', 'defaults: {max_unavailable: 0}\n', 1, 29, 'at least 1'],
  ['a stage in words', 'programs: {web: {stage: first}}\n', 1, 25, 'must be a number'],
  ['a glob that is not closed', 'programs:\n  "w[": {}\n', 2, 3, 'is not a glob'],
  ['an unknown driver', 'pools:\n  lb:\n    driver: haproxi\n', 3, 13, 'did you mean "haproxy"?'],
  ['a pool without addresses', 'pools:\n  lb: {driver: haproxy}\n', 2, 3, 'is missing'],
  ['an address that is none', 'pools: {lb: {driver: haproxy, addresses: [sock]}}\n', 1, 43, 'is not the address'],
  ['an address twice', 'pools: {lb: {driver: haproxy, addresses: [/a, /a]}}\n', 1, 42, 'named twice'],
  ['an unknown pool', member('{pool: bl, server: a/b}'), 4, 16, 'did you mean "lb"?'],
  ['a server without backend', member('{pool: lb, server: web}'), 4, 28, 'BACKEND/SERVER'],
  ['an unknown expansion', member('{pool: lb, server: "a/%(proces_name)s"}'), 4, 31, 'did you mean "process_name"?'],
  ['an unknown probe', probe('{probe: htp}'), 4, 17, 'did you mean "http"?'],
  ['a probe without URL', probe('{probe: http}'), 4, 9, 'is missing'],
  ['two ways to be ready', 'programs: {web: {ready: {http: "http://a/", exec: [a]}}}\n', 1, 25, 'not both'],
  ['an environment variable that is not set', 'programs: {web: {ready: {exec: ["%(ENV_NOPE)s"]}}}\n', 1, 34, 'NOPE'],
];

let stack: Stack;
let good: StackConfig;

beforeAll(async () => {
  stack = await startStack({
    sidecar: false,
    processes: 2,
    peer: false,
    config: (config) => {
      good = config;
      return config;
    },
  });
});

/** Writes the configuration of the stack with the sections of `text` in place of its own. */
function spoil(text: string): string {
  const rest = Object.entries(good)
    .filter(([name]) => !new RegExp(`^${name}:`, 'm').test(text))
    .map(([name, section]) => `${name}: ${JSON.stringify(section)}\n`);
  const file = join(stack.directory.path, 'bad.yaml');
  writeFileSync(file, text + rest.join(''));
  return file;
}

async function expectNothingTouched(): Promise<void> {
  expect([...(await stack.haproxy.serverStates()).values()]).toEqual(['UP', 'UP']);
  expect([...(await stack.supervisord.states()).values()]).toEqual(['RUNNING', 'RUNNING']);
  expect(stack.stops()).toEqual([]);
  expect(existsSync(stack.stateDir)).toBe(false);
}

describe('a configuration with', () => {
  test.each(mistakes)('%s is refused at its place, and nothing is touched', async (_, text, line, column, says) => {
    const file = spoil(text);

    const { exitCode, stdout, stderr } = await stack.drainctl(['restart', 'all', '--config', file]);

    expect(stderr).toContain(`${file}:${line}:${column}:`);
    expect(stderr).toContain(says);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    await expectNothingTouched();
  });
});

const commands = [
  ['status'],
  ['plan', 'restart'],
  ['drain', 'all'],
  ['pool', 'all'],
  ['stop', 'all'],
  ['start', 'all'],
  ['restart', 'all'],
  ['shutdown'],
  ['history'],
];

describe('a configuration with a mistake', () => {
  test.each(commands)('makes drainctl %s exit with 2 and touch nothing', async (...args) => {
    const file = spoil('programs: {web: {deadlin: 3s}}\n');

    const { exitCode, stdout, stderr } = await stack.drainctl([...args, '--config', file]);

    expect(stderr).toContain(`${file}:1:18:`);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    await expectNothingTouched();
  });

  test('is one JSON document with --json', async () => {
    const file = spoil('programs: {web: {deadlin: 3s}}\n');

    const { exitCode, stdout } = await stack.drainctl(['restart', 'all', '--json', '--config', file]);

    expect(exitCode).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({
      error: { code: 'CONFIG_INVALID', message: expect.stringContaining(`${file}:1:18:`) },
    });
  });

  test('keeps the listener from starting, and it prints nothing that is no protocol', async () => {
    const file = spoil('programs: {web: {deadlin: 3s}}\n');

    const listen = await stack.drainctl(['listen', '--config', file], {
      env: { [markVariable]: stack.directory.path },
    });

    expect(listen).toMatchObject({ exitCode: 2, stdout: '' });
    expect(listen.stderr).toContain(`${file}:1:18:`);
  });
});

describe('a configuration file that is not there', () => {
  test('is an error with its name', async () => {
    const { exitCode, stderr } = await stack.drainctl(['restart', 'all', '--config', '/nowhere/drainctl.yaml']);

    expect(exitCode).toBe(2);
    expect(stderr).toContain('/nowhere/drainctl.yaml');
    await expectNothingTouched();
  });
});
