import { statSync } from 'node:fs';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { findSection, type SupervisordConfig } from '../supervisor/config-file.ts';
import { ownCommand } from './command-line.ts';
import { type Call, dropInContent, hasStopOf, listenerContent, shippedLogFile } from './contents.ts';
import { listenerPlace } from './include-place.ts';
import type { WantedFile } from './plan.ts';
import type { InstallTarget } from './target.ts';

/** What is to be there after an install. */
export interface Wanted {
  readonly files: readonly WantedFile[];
  /** Where the listener's section goes. */
  readonly listenerFile: string;
  /** Where the listener logs to. */
  readonly logFile: string;
  /** What had to be written otherwise than shipped, for the operator. */
  readonly notes: readonly string[];
}

/**
 * Decides which files an install is to write, and what is in them.
 *
 * @throws DrainctlError `INSTALL_REFUSED` where supervisord includes no folder
 */
export function wantedFiles({
  shipped,
  program,
  paths,
  configFile,
  supervisordConfig,
  systemd,
}: InstallTarget): Wanted {
  const logFile = findLogFile(shippedLogFile(shipped.listener), supervisordConfig);
  const listenerFile = listenerPlace(supervisordConfig);
  const listenerCall: Call = { command: ownCommand(program, paths.supervisord), configFile };
  const dropInCall: Call = { command: ownCommand(program, paths.systemd), configFile };

  const listener: WantedFile = {
    file: listenerFile,
    role: 'listener',
    content: listenerContent(shipped.listener, listenerCall, logFile),
  };
  const dropIn = dropInContent(shipped.dropIn, dropInCall);
  // A second ExecStopPost= beside the unit's own would run twice.
  const hasOwnStop = systemd !== undefined && hasStopOf(systemd.unitText, dropIn);
  const dropIns = (systemd === undefined || hasOwnStop ? [] : [systemd]).map(
    ({ folder, unit }): WantedFile => ({
      file: join(folder, `${unit}.d`, 'drain.conf'),
      role: 'drop-in',
      content: dropIn,
    }),
  );
  const isNamedByPath = [listenerCall, ...(dropIns.length === 0 ? [] : [dropInCall])].some(
    ({ command }) => command.length > 1,
  );
  const ownStopNotes = hasOwnStop ? [`${systemd.unit} drains by its own ExecStop=, and needs no drop-in.`] : [];
  const pathNotes = isNamedByPath
    ? [
        `This drainctl is named by its paths, ${program.node} and ${program.main}, because PATH does not lead ` +
          'supervisord and systemd to it. When one of these moves, run this again.',
      ]
    : [];
  return { files: [listener, ...dropIns], listenerFile, logFile, notes: [...ownStopNotes, ...pathNotes] };
}

/**
 * The log goes where supervisord itself logs: that folder is there, and supervisord may write to it. Where that can't be
 * told it is the shipped one, and its folder is made.
 */
function findLogFile(shippedFile: string, config: SupervisordConfig): string {
  const main = findSection(config, 'supervisord')?.entries;
  const logfile = main?.get('logfile')?.value;
  const folders = [logfile === undefined ? undefined : dirname(logfile), main?.get('childlogdir')?.value];
  const folder = folders.find((path) => path !== undefined && isAbsolute(path) && isFitForLogs(path));
  return folder === undefined ? shippedFile : join(folder, basename(shippedFile));
}

/** Not what holds devices, such as /dev/stdout, and not /tmp, where anybody may put a link of that name. */
function isFitForLogs(folder: string): boolean {
  if (/^\/(?:dev|proc)(?:\/|$)/.test(folder)) return false;
  const stats = statSync(folder, { throwIfNoEntry: false });
  return stats?.isDirectory() === true && (stats.mode & writableByAll) === 0;
}

/** inode(7) */
const writableByAll = 0o002;
