import { chmodSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { install } from '../../../src/install/install.ts';
import { uninstall } from '../../../src/install/uninstall.ts';
import { layOutMachine } from '../../support/install-machine.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const plain = { dryRun: false, force: false };
const byForce = { dryRun: false, force: true };

describe('install', () => {
  test('writes the section and the drop-in, and has systemd read its units', async () => {
    await using directory = temporaryDirectory();
    const { target, listenerFile, dropInFile, reloads } = layOutMachine(directory);

    const { changes, listener } = await install(target, plain);

    expect(changes.map(({ file, action }) => [file, action])).toEqual([
      [listenerFile, 'create'],
      [dropInFile, 'create'],
    ]);
    expect(listener).toBe('not running');
    expect(reloads()).toBe(1);
    const command = '/opt/node/bin/node /opt/drainctl/dist/main.js';
    expect(readFileSync(listenerFile, 'utf8')).toContain(`\ncommand=${command} listen\n`);
    expect(readFileSync(listenerFile, 'utf8')).toContain(`\nstderr_logfile=${directory.file('log/drain.log')}\n`);
    expect(readFileSync(dropInFile, 'utf8')).toContain(`\nExecStop=\n`);
    expect(readFileSync(dropInFile, 'utf8')).toContain(`\nExecStop=${command} shutdown\n`);
  });

  test('names a configuration that is not the default one in both', async () => {
    await using directory = temporaryDirectory();
    const { target, listenerFile, dropInFile } = layOutMachine(directory, { configFile: '/etc/a b%.yaml' });

    await install(target, plain);

    expect(readFileSync(listenerFile, 'utf8')).toContain(" listen --config '/etc/a b%%.yaml'\n");
    expect(readFileSync(dropInFile, 'utf8')).toContain(' shutdown --config "/etc/a b%%.yaml"\n');
  });

  test('leaves a unit that drains by itself, such as the shipped one, without a drop-in, and says so', async () => {
    await using directory = temporaryDirectory();
    const { target, listenerFile } = layOutMachine(directory);
    const unitText = '[Service]\nExecStop=/opt/node/bin/node /opt/drainctl/dist/main.js shutdown\n';
    const systemd = target.systemd && { ...target.systemd, unitText };

    const { changes, notes } = await install({ ...target, systemd }, plain);

    expect(changes.map(({ file }) => file)).toEqual([listenerFile]);
    expect(notes.join(' ')).toContain('needs no drop-in');
  });

  test('has nothing to do the second time', async () => {
    await using directory = temporaryDirectory();
    const { target, reloads, look } = layOutMachine(directory);
    await install(target, plain);
    const before = look();

    const { changes } = await install(target, plain);

    expect(changes).toEqual([]);
    expect(reloads()).toBe(1);
    expect(look()).toEqual(before);
  });

  test('with --dry-run shows each change as a diff, and changes nothing', async () => {
    await using directory = temporaryDirectory();
    const { target, reloads, look, listenerFile } = layOutMachine(directory);
    const before = look();

    const { changes } = await install(target, { dryRun: true, force: false });

    expect(changes[0]?.diff).toMatch(
      new RegExp(`^--- /dev/null\n\\+\\+\\+ ${listenerFile}\n@@ -0,0 \\+1,\\d+ @@\n\\+;`),
    );
    expect(look()).toEqual(before);
    expect(reloads()).toBe(0);
  });

  test('refuses a file of somebody else with the difference, and changes nothing', async () => {
    await using directory = temporaryDirectory();
    const { target, look, dropInFile } = layOutMachine(directory, { systemd: undefined });
    directory.write('conf.d/drain.conf', '; mine\n');
    const before = look();

    await expect(install(target, plain)).rejects.toMatchObject({
      code: 'INSTALL_REFUSED',
      message: expect.stringMatching(/was not written by drainctl\.[\s\S]*\n\+; mine\n/),
    });
    expect(look()).toEqual(before);
    expect(Object.keys(before)).not.toContain(dropInFile);
  });

  test('refuses a link, even by force', async () => {
    await using directory = temporaryDirectory();
    const { target, listenerFile } = layOutMachine(directory);
    symlinkSync('/dev/null', listenerFile);

    await expect(install(target, byForce)).rejects.toMatchObject({
      code: 'INSTALL_REFUSED',
      message: expect.stringContaining('is a link'),
    });
  });

  test.each([
    ['another sidecar', '[eventlistener:other]\ncommand=/usr/bin/drainctl listen\n', '[eventlistener:other]'],
    ['the listener in another file', '[eventlistener:drain]\ncommand=x\n', '[eventlistener:drain]'],
    ['a program of that name', '[program:drain]\ncommand=x\n', '[program:drain]'],
  ])('refuses %s, and names its line', async (_, section, name) => {
    await using directory = temporaryDirectory();
    const { target, look } = layOutMachine(directory, {}, section);
    const before = look();

    await expect(install(target, plain)).rejects.toMatchObject({
      code: 'INSTALL_REFUSED',
      message: expect.stringContaining(`${directory.file('supervisord.conf')}:5: ${name}`),
    });
    expect(look()).toEqual(before);
  });

  test('makes the folder of the log where supervisord has none that is fit', async () => {
    await using directory = temporaryDirectory();
    const { target, look } = layOutMachine(directory);
    const { listener, dropIn } = target.shipped;
    const shipped = { dropIn, listener: listener.replace('/var/log/supervisor', directory.file('var/log')) };
    const sections = target.supervisordConfig.sections.filter(({ name }) => name !== 'supervisord');

    await install({ ...target, shipped, supervisordConfig: { ...target.supervisordConfig, sections } }, plain);

    expect(look()['var/log']).toBe('755');
  });
});

describe('all or nothing:', () => {
  // Only root comes so far: anybody else is refused before the first file.
  test.runIf(process.getuid?.() === 0)('a second file that can not be written takes the first one back', async () => {
    await using directory = temporaryDirectory();
    const { target, look, reloads } = layOutMachine(directory);
    const systemd = { folder: '/proc/drainctl', unit: 'x.service', unitText: '', reload: async () => {} };
    const before = look();

    await expect(install({ ...target, systemd }, plain)).rejects.toMatchObject({
      code: 'INSTALL_FAILED',
      message: expect.stringContaining('Everything is as it was before.'),
    });
    expect(look()).toEqual(before);
    expect(reloads()).toBe(0);
  });

  test('a systemd that can not read its units has everything taken back, and reads them again', async () => {
    await using directory = temporaryDirectory();
    const { target, look } = layOutMachine(directory);
    const seen: boolean[] = [];
    const systemd = {
      folder: directory.file('system'),
      unit: 'supervisor.service',
      unitText: '',
      async reload() {
        seen.push('system/supervisor.service.d/drain.conf' in look());
        if (seen.length === 1) throw new Error('no bus');
      },
    };
    const before = look();

    await expect(install({ ...target, systemd }, plain)).rejects.toMatchObject({
      code: 'INSTALL_FAILED',
      message: 'no bus. Everything is as it was before.',
    });
    expect(look()).toEqual(before);
    expect(seen).toEqual([true, false]);
  });

  test('an uninstall that fails leaves what was installed', async () => {
    await using directory = temporaryDirectory();
    const { target, look } = layOutMachine(directory);
    await install(target, plain);
    const installed = look();
    const systemd = { reload: () => Promise.reject(new Error('no bus')) };

    await expect(uninstall({ ...target, systemd }, plain)).rejects.toMatchObject({ code: 'INSTALL_FAILED' });
    expect(look()).toEqual(installed);
  });
});

describe('uninstall', () => {
  test('leaves every byte as it was before the install', async () => {
    await using directory = temporaryDirectory();
    const { target, look, reloads } = layOutMachine(directory);
    const before = look();
    await install(target, plain);

    const { changes } = await uninstall(target, plain);

    expect(changes.map(({ action }) => action)).toEqual(['remove', 'remove']);
    expect(look()).toEqual(before);
    expect(reloads()).toBe(2);
  });

  test('puts back what force had replaced, byte for byte, with its mode', async () => {
    await using directory = temporaryDirectory();
    const { target, look, listenerFile } = layOutMachine(directory);
    writeFileSync(listenerFile, Buffer.from([0xff, 0x0d, 0x0a, 0x3b]));
    chmodSync(listenerFile, 0o640);
    const before = look();
    await install(target, byForce);

    const { changes } = await uninstall(target, plain);

    expect(changes.map(({ action }) => action)).toEqual(['restore', 'remove']);
    expect(look()).toEqual(before);
    expect(readFileSync(listenerFile)).toEqual(Buffer.from([0xff, 0x0d, 0x0a, 0x3b]));
  });

  test('has nothing to do the second time, or where nothing was installed', async () => {
    await using directory = temporaryDirectory();
    const { target, look } = layOutMachine(directory);
    const before = look();
    await install(target, plain);
    await uninstall(target, plain);

    const { changes, notes } = await uninstall(target, plain);

    expect({ changes, notes }).toEqual({ changes: [], notes: [] });
    expect(look()).toEqual(before);
  });

  test('refuses a file that was changed since, with the change; by force it keeps a copy', async () => {
    await using directory = temporaryDirectory();
    const { target, look, dropInFile } = layOutMachine(directory);
    await install(target, plain);
    writeFileSync(dropInFile, `${readFileSync(dropInFile, 'utf8')}Nice=5\n`);
    const changed = look();

    await expect(uninstall(target, plain)).rejects.toMatchObject({
      code: 'INSTALL_REFUSED',
      message: expect.stringMatching(/has been changed since drainctl wrote it\.[\s\S]*\n\+Nice=5\n/),
    });
    expect(look()).toEqual(changed);

    const { changes } = await uninstall(target, byForce);

    expect(readFileSync(changes[1]?.kept_in ?? '', 'utf8')).toContain('Nice=5');
    expect(Object.keys(look())).not.toContain('system/supervisor.service.d');
  });

  test('takes an install back that broke off, whichever of its files were written', async () => {
    await using directory = temporaryDirectory();
    const { target, look } = layOutMachine(directory);
    const before = look();
    // As if it were killed while systemd reads its units: the manifest is that of meanwhile.
    let manifest = '';
    const systemd = {
      folder: directory.file('system'),
      unit: 'supervisor.service',
      unitText: '',
      async reload() {
        manifest = readFileSync(directory.file('state/install.json'), 'utf8');
      },
    };
    await install({ ...target, systemd }, plain);
    writeFileSync(directory.file('state/install.json'), manifest);

    await uninstall(target, plain);

    expect(look()).toEqual(before);
  });

  test.each([
    ['is damaged', '{'],
    ['was written by a newer drainctl', '{"version":2}'],
  ])('refuses a list of what was installed that %s', async (what, text) => {
    await using directory = temporaryDirectory();
    const { target } = layOutMachine(directory);
    await install(target, plain);
    writeFileSync(directory.file('state/install.json'), text);

    await expect(uninstall(target, plain)).rejects.toMatchObject({
      code: 'INSTALL_REFUSED',
      message: expect.stringContaining(what),
    });
  });
});
