import { chmodSync, mkdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { gatherConfigFile } from '../../../src/check/gather/config-file.ts';
import { readCommandFiles } from '../../../src/check/gather/processes.ts';
import { gatherStateDir } from '../../../src/check/gather/state-dir.ts';
import { sectionOf } from '../../../src/check/gather/supervisord-config.ts';
import type { Config } from '../../../src/config/config.ts';
import { supervisordConfig, webProcess } from '../../support/doubles/facts.ts';
import { processInfo } from '../../support/doubles/processes.ts';
import { ScriptedWorld } from '../../support/doubles/scripted-world.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

function configAt(file: string): Config {
  return { ...new ScriptedWorld({ processes: [] }).config, file };
}

describe("drainctl's configuration file", () => {
  test('is looked through for passwords and tokens, in clear and in files of their own', async () => {
    const directory = temporaryDirectory();
    const password = directory.write('drainctl.password', 'secret\n');
    const text =
      'supervisor: { username: a, password: b, password_file: drainctl.password }\npools: { c: { token: d, tokens: 3 } }\n';
    const file = directory.write('drainctl.yaml', text);
    chmodSync(file, 0o640);
    chmodSync(password, 0o604);

    expect(await gatherConfigFile(configAt(file))).toEqual({
      kind: 'known',
      value: {
        path: file,
        mode: 0o640,
        secrets: ['supervisor.password', 'pools.c.token'],
        secretFiles: [{ path: password, mode: 0o604 }],
      },
    });
  });

  test('need not be there', async () => {
    expect(await gatherConfigFile(configAt(''))).toMatchObject({ kind: 'absent' });
  });
});

describe('state_dir', () => {
  test('that is not there yet is judged by the folder above', async () => {
    const { path } = temporaryDirectory();

    expect(await gatherStateDir(`${path}/a/b`)).toMatchObject({ existing: path, unwritable: undefined });
  });

  test('below a file can not be made', async () => {
    const file = temporaryDirectory().write('file', '');

    expect(await gatherStateDir(`${file}/state`)).toMatchObject({ unwritable: `${file}: it is no folder` });
  });

  test('in memory is known by its file system', async () => {
    expect(await gatherStateDir('/dev/shm/drainctl')).toMatchObject({ existing: '/dev/shm', fileSystem: 0x01021994 });
  });
});

describe('files that commands name', () => {
  test('are read where the program takes its signals by them', async () => {
    const directory = temporaryDirectory();
    const file = directory.write('app.ini', 'die-on-term = true\n');
    mkdirSync(directory.file('folder.ini'));
    const commands = [`uwsgi --ini=${file}`, `uwsgi --ini ${directory.file('folder.ini')}`, `nginx -c ${file}.yaml`];

    const texts = await readCommandFiles(commands.map((command) => webProcess({ command })));

    expect([...texts]).toEqual([[file, 'die-on-term = true\n']]);
  });
});

describe('the section of the listener', () => {
  const listener = { info: processInfo('drain:drain'), config: undefined };

  test('has the name of its group', () => {
    const config = supervisordConfig('[eventlistener:other]\n[eventlistener:drain]\nbuffer_size=7\n');

    expect(sectionOf(config, listener).entries.get('buffer_size')?.value).toBe('7');
  });

  test('that supervisord runs and its files do not have is an error', () => {
    expect(() => sectionOf(supervisordConfig('[program:web]\n'), listener)).toThrow(/have no \[eventlistener:drain\]/);
  });
});
