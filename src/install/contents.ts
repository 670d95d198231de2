import { DrainctlError } from '../errors.ts';
import { quoteForSupervisord, quoteForSystemd } from './command-line.ts';

/** How drainctl is to be called by what is installed. */
export interface Call {
  /** The words that start it, such as `drainctl`, or Node and `main.js`. */
  readonly command: readonly string[];
  /** The configuration, as an absolute path; undefined: the default one, which needs no naming. */
  readonly configFile: string | undefined;
}

/** The words of one command of drainctl. */
function words({ command, configFile }: Call, subcommand: string): string[] {
  return [...command, subcommand, ...(configFile === undefined ? [] : ['--config', configFile])];
}

/** The listener's section: the shipped one, with the command and the log of this machine. */
export function listenerContent(shipped: string, call: Call, logFile: string): string {
  const withCommand = setLine(shipped, 'command=', quoteForSupervisord(words(call, 'listen')));
  return setLine(withCommand, 'stderr_logfile=', logFile.replaceAll('%', '%%'));
}

/** The drop-in: the shipped one, with the commands of this machine. What stands before a command, such as `-`, stays. */
export function dropInContent(shipped: string, call: Call): string {
  const changed = shipped.replaceAll(
    /^(Exec\w+=)([-@:+!]*)drainctl (\w+)$/gm,
    (_, key: string, prefix: string, subcommand: string) => {
      const [program = '', ...args] = words(call, subcommand);
      return `${key}${quoteForSystemd([prefix + program, ...args])}`;
    },
  );
  return /^ExecStop=.+$/m.test(changed) ? changed : missing('ExecStop=drainctl');
}

/** True for a unit file that has the same ExecStop= as the drop-in, such as the complete unit that is shipped. */
export function hasStopOf(unitText: string, dropIn: string): boolean {
  const [line] = /^ExecStop=.+$/m.exec(dropIn) ?? [];
  return line !== undefined && unitText.split('\n').includes(line);
}

/** The log file that the shipped section names. */
export function shippedLogFile(shipped: string): string {
  return /^stderr_logfile=(.*)$/m.exec(shipped)?.[1] ?? missing('stderr_logfile=');
}

/** Sets the line that begins so. */
function setLine(text: string, start: string, value: string): string {
  const lines = text.split('\n');
  const index = lines.findIndex((line) => line.startsWith(start));
  if (index < 0) return missing(start);
  return lines.with(index, `${start}${value}`).join('\n');
}

function missing(start: string): never {
  throw new DrainctlError('INTERNAL', `a shipped file has no line ${start}`);
}
