/**
 * SIGTERM and SIGINT to the sidecar, from the first moment on: supervisord may stop while the sidecar is still being
 * loaded, and a signal that nobody handles would end it at once, and with it the gate. This file is the first that
 * main.ts loads, and imports nothing.
 */
type Handler = (signal: NodeJS.Signals) => void;

let handler: Handler | undefined;
let early: NodeJS.Signals | undefined;

/** Catches the signals from now on; they are kept until somebody asks for them with {@link onStopSignal}. */
export function catchStopSignals(): void {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (handler === undefined) early ??= signal;
      else handler(signal);
    });
  }
}

/** Has the signals sent to `handle`, the one that came before too. */
export function onStopSignal(handle: Handler): void {
  handler = handle;
  if (early !== undefined) handle(early);
  early = undefined;
}
