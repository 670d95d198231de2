/**
 * The signals to the sidecar, from the first moment on: supervisord may stop, or an operator ask for a reload, while the
 * sidecar is still being loaded, and a signal that nobody handles would end it at once, and with it the gate. This file
 * is the first that main.ts loads, and imports nothing.
 */
type Handler = (signal: NodeJS.Signals) => void;

const stops = ['SIGTERM', 'SIGINT'] as const;
const reload = 'SIGHUP';

let onStop: Handler | undefined;
let earlyStop: NodeJS.Signals | undefined;
let onReload: (() => void) | undefined;
let earlyReload = false;

/** The shared options that take a value, which is no command. */
const valued: readonly (string | undefined)[] = ['--config', '--deadline'];

/** True for the command lines that supervisord starts: of any other, these words are names of processes, and Ctrl-C has to end it. */
export function isForSupervisord(args: readonly string[]): boolean {
  const command = args.find((arg, index) => !arg.startsWith('-') && !valued.includes(args[index - 1]));
  return command === 'listen' || command === 'standby';
}

/** Catches the signals from now on; they are kept until somebody asks for them. */
export function catchSignals(): void {
  for (const signal of stops) {
    process.on(signal, () => {
      if (onStop === undefined) earlyStop ??= signal;
      else onStop(signal);
    });
  }
  process.on(reload, () => {
    if (onReload === undefined) earlyReload = true;
    else onReload();
  });
}

/** Has SIGTERM and SIGINT sent to `handle`, the one that came before too. */
export function onStopSignal(handle: Handler): void {
  onStop = handle;
  if (earlyStop !== undefined) handle(earlyStop);
  earlyStop = undefined;
}

/** Has `handle` called on SIGHUP, also for one that came before. */
export function onReloadSignal(handle: () => void): void {
  onReload = handle;
  if (earlyReload) handle();
  earlyReload = false;
}
