import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DrainctlError } from '../errors.ts';

/** The files of the package that an install is made from. */
export interface Shipped {
  /** The section of the listener, for supervisord. */
  readonly listener: string;
  /** The drop-in for supervisord's unit. */
  readonly dropIn: string;
  /** `dist/main.js`: what the command `drainctl` is a link to. */
  readonly main: string;
}

const listenerFile = 'supervisord.d/drain.conf';
const dropInFile = 'units/supervisord.service.d/drain.conf';

/**
 * Reads the shipped files from the package that this code is part of, bundled or not.
 *
 * @throws DrainctlError `INSTALL_REFUSED` where the bundle lies alone, without its package
 */
export function readShipped(from: string = dirname(fileURLToPath(import.meta.url))): Shipped {
  const folder = packageFolder(from);
  if (folder === undefined) {
    throw new DrainctlError(
      'INSTALL_REFUSED',
      `This drainctl lies in ${from} without ${listenerFile} and ${dropInFile}.`,
      {
        hint: 'Install the whole package: npm install -g drainctl.',
      },
    );
  }
  return {
    listener: readFileSync(join(folder, listenerFile), 'utf8'),
    dropIn: readFileSync(join(folder, dropInFile), 'utf8'),
    main: join(folder, 'dist/main.js'),
  };
}

/** The nearest folder above that holds the shipped files. */
function packageFolder(from: string): string | undefined {
  if (existsSync(join(from, listenerFile)) && existsSync(join(from, dropInFile))) return from;
  return dirname(from) === from ? undefined : packageFolder(dirname(from));
}
