import { fileURLToPath } from 'node:url';
import { startProcess } from './processes.ts';
import { temporaryDirectory } from './temporary-directory.ts';
import { toolPath } from './tools.ts';
import { waitFor } from './wait-for.ts';

/** A message to systemd, taken apart. */
export interface Notification {
  /** Seconds on the receiver's own clock. */
  readonly atS: number;
  /** `STATUS=`; '' where there is none. */
  readonly status: string;
  /** `EXTEND_TIMEOUT_USEC=` in milliseconds; undefined where there is none. */
  readonly extendMs: number | undefined;
  /** The message as it was sent. */
  readonly text: string;
}

/** A socket that takes what is meant for systemd. */
export interface NotifyReceiver extends AsyncDisposable {
  /** For $NOTIFY_SOCKET. */
  readonly socket: string;
  /** All but barriers, in order. */
  messages(): readonly Notification[];
}

/** Starts a {@link NotifyReceiver}; Node has no datagram sockets of AF_UNIX, so a Python program does it. */
export async function startNotifyReceiver(): Promise<NotifyReceiver> {
  const directory = temporaryDirectory();
  const socket = directory.file('notify.sock');
  const script = fileURLToPath(new URL('../fixtures/systemd/notify-receiver.py', import.meta.url));
  const running = startProcess(toolPath('python3'), [script, socket], { mark: directory.path });
  await waitFor(() => running.stdout.includes('listening'), { what: `the receiver: ${running.stderr}` });
  return {
    socket,
    messages() {
      const lines = running.stdout.split('\n').slice(1, -1);
      return lines.map(parse).filter(({ text }) => !text.startsWith('BARRIER'));
    },
    async [Symbol.asyncDispose]() {
      await running.close();
      await directory.close();
    },
  };
}

function parse(line: string): Notification {
  const { at, text } = JSON.parse(line) as { at: number; text: string }; // as: what the receiver prints
  const fieldOf = (name: string) => new RegExp(`^${name}=(.*)$`, 'm').exec(text)?.[1];
  const extend = fieldOf('EXTEND_TIMEOUT_USEC');
  return {
    atS: at,
    status: fieldOf('STATUS') ?? '',
    extendMs: extend === undefined ? undefined : Number(extend) / 1_000,
    text,
  };
}
