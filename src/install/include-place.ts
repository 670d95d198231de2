import { basename, dirname, join } from 'node:path';
import { DrainctlError } from '../errors.ts';
import type { IncludePattern, SupervisordConfig } from '../supervisor/config-file.ts';
import { hasWildcard, takesName } from '../supervisor/glob.ts';

/**
 * The file that supervisord is to find the listener's section in: in the folder of the first `[include]` pattern that
 * takes a file named for it, `drain.conf` (Debian) or `drain.ini` (Fedora) or what else the pattern asks for.
 *
 * @throws DrainctlError `INSTALL_REFUSED` where the configuration includes no folder, with the lines to add
 */
export function listenerPlace({ file, include }: SupervisordConfig): string {
  const place = (include?.patterns ?? []).map(placeBy).find((path) => path !== undefined);
  if (place !== undefined) return place;
  const pattern = join(dirname(file), 'conf.d/*.conf');
  if (include === undefined) {
    throw new DrainctlError(
      'INSTALL_REFUSED',
      `${file} includes no other files, so there is no place for the listener.`,
      {
        hint: `Add these two lines at its end, and run this again:\n[include]\nfiles = ${pattern}`,
        details: { file },
      },
    );
  }
  const { line, patterns } = include;
  throw new DrainctlError(
    'INSTALL_REFUSED',
    `${file}:${line}: [include] names no folder for the listener, only ${patterns.map(({ text }) => text).join(' ')}.`,
    { hint: `Add " ${pattern}" to this line, and run this again.`, details: { file, line } },
  );
}

function placeBy({ path }: IncludePattern): string | undefined {
  const [folder, last] = [dirname(path), basename(path)];
  if (hasWildcard(folder)) return undefined;
  // A pattern without wildcards names a file of somebody's own, unless it is meant for this one.
  if (!hasWildcard(last)) return /^drain\.\w+$/.test(last) ? path : undefined;
  const names = ['drain.conf', 'drain.ini', last.replaceAll(/\*+/g, 'drain')];
  const name = names.find((each) => !hasWildcard(each) && takesName(last, each));
  return name === undefined ? undefined : join(folder, name);
}
