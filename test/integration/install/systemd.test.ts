import { chmodSync, existsSync, mkdirSync } from 'node:fs';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { dropInContent } from '../../../src/install/contents.ts';
import { readShipped } from '../../../src/install/shipped.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { toolPath } from '../../support/tools.ts';

const hasSystemd = ['/usr/bin/systemd-analyze', '/bin/systemd-analyze'].some((path) => existsSync(path));

test.skipIf(!hasSystemd).each(['node', 'my node', '$HOME', '100%h', '-@:+!'])(
  'systemd finds the program of the drop-in in a folder named %j (skipped without systemd-analyze)',
  async (name) => {
    await using directory = temporaryDirectory();
    mkdirSync(directory.file(name));
    const node = directory.write(`${name}/node`, '');
    chmodSync(node, 0o755);
    mkdirSync(directory.file('x.service.d'));
    const unit = directory.write('x.service', '[Service]\nExecStart=/bin/true\n');
    const call = { command: [node, '/opt/main.js'], configFile: '/etc/a b.yaml' };
    directory.write('x.service.d/drain.conf', dropInContent(readShipped().dropIn, call));

    const { exitCode, all } = await execa(toolPath('systemd-analyze'), ['verify', '--man=no', unit], {
      reject: false,
      all: true,
      stdin: 'ignore',
      timeout: 30_000,
    });

    const said = all.split('\n').filter((line) => line.includes('x.service'));
    expect({ exitCode, said }).toEqual({ exitCode: 0, said: [] });
  },
);
