import { existsSync } from 'node:fs';
import { execa } from 'execa';
import { temporaryDirectory } from '../temporary-directory.ts';
import type { Layer } from './layer.ts';

/** What Debian's supervisor package brings, and what the tests rely on being as it came. */
const files = ['/etc/supervisor/supervisord.conf', '/lib/systemd/system/supervisor.service'] as const;

/**
 * Debian's supervisor as it was packaged: nothing where this machine's files are, else the package's own, fetched with apt.
 *
 * @throws Error where they were changed and the package can't be had
 */
export async function packagedSupervisor(): Promise<(layer: Layer) => void> {
  const changed = await changedFiles();
  if (changed.length === 0) return () => {};
  const directory = temporaryDirectory();
  const run = { cwd: directory.path, stdin: 'ignore', timeout: 60_000 } as const;
  try {
    await execa('apt-get', ['download', 'supervisor'], run);
    await execa('sh', ['-c', 'dpkg-deb --extract supervisor_*.deb package'], run);
  } catch (error) {
    throw new Error(
      `${changed.join(' and ')} not as packaged; apt-get install --reinstall -o Dpkg::Options::=--force-confask supervisor`,
      { cause: error },
    );
  }
  return (layer) => {
    // /lib is a link to /usr/lib, and a folder can't take its place.
    for (const path of changed) layer.copy(directory.file(`package${path}`), path.replace(/^\/lib\//, '/usr/lib/'));
  };
}

/** `dpkg --verify` prints a line for each file that is not as packaged: `??5?????? c /etc/…` */
async function changedFiles(): Promise<string[]> {
  const { stdout } = await execa('dpkg', ['--verify', 'supervisor'], {
    reject: false,
    stdin: 'ignore',
    timeout: 60_000,
  });
  return files.filter((path) => stdout.split('\n').some((line) => line.endsWith(` ${path}`)) || !existsSync(path));
}
