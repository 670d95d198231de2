import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../../../src/config/load.ts';
import { peekConfig } from '../../../src/config/peek.ts';
import { stubRegistries } from './stub-drivers.ts';

let folder: string;
const inFolder = (name: string, content?: string | Buffer) => {
  const file = join(folder, name);
  if (content !== undefined) writeFileSync(file, content);
  return file;
};

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'drainctl-config-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe('loadConfig', () => {
  const load = (file: string | undefined, env: Record<string, string> = {}) =>
    loadConfig(file, { env, registries: stubRegistries, defaultFile: join(folder, 'default.yaml') });

  it('is all defaults where the default file is missing', () => {
    expect(load(undefined)).toMatchObject({ file: '', programs: [], sidecar: { socket: '/run/drainctl.sock' } });
  });

  it('reads the default file where it is there', () => {
    const file = inFolder('default.yaml', 'state_dir: /srv\n');

    expect(load(undefined)).toMatchObject({ file, stateDir: '/srv' });
  });

  it('reads $DRAINCTL_CONFIG rather than the default file', () => {
    inFolder('default.yaml', 'state_dir: /srv\n');
    const file = inFolder('other.yaml', 'state_dir: /other\n');

    expect(load(undefined, { DRAINCTL_CONFIG: file }).stateDir).toBe('/other');
  });

  it('reads the file that was named rather than $DRAINCTL_CONFIG', () => {
    const file = inFolder('named.yaml', 'state_dir: /named\n');

    expect(load(file, { DRAINCTL_CONFIG: '/nowhere' }).stateDir).toBe('/named');
  });

  it('reads a file with a byte order mark', () => {
    expect(load(inFolder('bom.yaml', '\uFEFFstate_dir: /srv\n')).stateDir).toBe('/srv');
  });

  it('reads the first line of password_file from the folder of the configuration', () => {
    inFolder('pw', 's3cret\nmore\n');
    const file = inFolder('c.yaml', 'supervisor: {username: a, password_file: pw}\n');

    expect(load(file).supervisor.password).toBe('s3cret');
  });

  it('refuses an empty password_file at its place', () => {
    inFolder('pw', '');
    const file = inFolder('c.yaml', 'supervisor: {username: a, password_file: pw}\n');

    expect(() => load(file)).toThrow(`${file}:1:42: supervisor.password_file: the first line of ${folder}/pw is empty`);
  });

  it('says how to create a file that was asked for and is missing', () => {
    expect(() => load(join(folder, 'none.yaml'))).toThrow(
      expect.objectContaining({
        code: 'CONFIG_UNREADABLE',
        message: expect.stringContaining('there is no such file'),
        hint: expect.stringContaining('programs: {}'),
      }),
    );
  });

  it('refuses a directory', () => {
    mkdirSync(join(folder, 'conf.d'));

    expect(() => load(join(folder, 'conf.d'))).toThrow(
      expect.objectContaining({ code: 'CONFIG_UNREADABLE', message: expect.stringContaining('it is a directory') }),
    );
  });

  it('refuses what is not UTF-8, with the place of the first bad byte', () => {
    const file = inFolder('latin1.yaml', Buffer.from('log: {}\n# caf\xe9\n', 'latin1'));

    expect(() => load(file)).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        message: expect.stringContaining(`${file}:2:6: the file is not UTF-8 (byte 0xe9)`),
      }),
    );
  });
});

describe('peekConfig', () => {
  const peek = (file: string | undefined, env: Record<string, string> = {}) =>
    peekConfig(file, { env, defaultFile: join(folder, 'default.yaml') });

  it('is all defaults where the default file is missing', () => {
    expect(peek(undefined)).toEqual({
      file: '',
      socket: '/run/drainctl.sock',
      supervisor: { url: undefined, username: undefined, password: undefined },
    });
  });

  it('reads what loadConfig reads', () => {
    inFolder('pw', 's3cret\n');
    const file = inFolder(
      'c.yaml',
      'supervisor: {url: "unix:///s", username: a, password_file: pw}\nsidecar: {socket: /d}\nprograms: {web: {}}\n',
    );

    const { supervisor, sidecar } = loadConfig(file, { env: {}, registries: stubRegistries });

    expect(peek(file)).toEqual({ file, socket: sidecar.socket, supervisor });
  });

  it.each([
    ['a file that is missing', undefined],
    ['an empty file', ''],
    ['broken YAML', 'sidecar: [\n'],
    ['a list', '- a\n'],
    ['a socket that is no text', 'sidecar: {socket: 5}\n'],
    ['a section without keys', 'sidecar:\n'],
    ['a password file that is missing', 'supervisor: {username: a, password_file: none}\n'],
    ['two documents', 'sidecar: {}\n---\nsidecar: {}\n'],
  ])('leaves %s to loadConfig', (_, text) => {
    expect(peek(inFolder('c.yaml', text))).toBeUndefined();
  });
});
