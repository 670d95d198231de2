import { withTimeout } from '../time.ts';
import { runTool } from './command.ts';

/** systemd-notify takes 10 ms; one that waits for systemd's answer to its barrier longer is killed. */
const sendLimitMs = 3_000;

/** What systemd is told. sd_notify(3) */
export interface Notification {
  /** One line, which `systemctl status` shows. */
  readonly status: string;
  /** By how much the time-out is extended, from now; 0: not at all. */
  readonly extendMs: number;
}

/**
 * Tells systemd how far a service's command is, through systemd-notify(1): Node has no datagram sockets of AF_UNIX.
 * Nothing where there is no $NOTIFY_SOCKET. In the background, one message at a time: of those that come meanwhile only
 * the latest is sent. What can't be sent is warned of once, and changes nothing.
 */
export class ServiceNotifier {
  readonly #socket: string | undefined;
  readonly #warn: (message: string) => void;
  #next: Notification | undefined;
  #sending: Promise<void> | undefined;
  #hasFailed = false;

  constructor(env: NodeJS.ProcessEnv, warn: (message: string) => void) {
    const socket = env['NOTIFY_SOCKET'];
    this.#socket = socket === '' ? undefined : socket;
    this.#warn = warn;
  }

  /** True where somebody listens. */
  get isWanted(): boolean {
    return this.#socket !== undefined;
  }

  notify(notification: Notification): void {
    if (this.#socket === undefined) return;
    this.#next = notification;
    this.#sending ??= this.#send(this.#socket).finally(() => {
      this.#sending = undefined;
    });
  }

  /** Resolves when the latest has been sent, or could not be in time. */
  async flush(): Promise<void> {
    const sending = this.#sending;
    if (sending === undefined) return;
    const late = () => new Error('late');
    await withTimeout(2 * sendLimitMs, undefined, late, () => sending).catch(() => {});
  }

  /** Never rejects. */
  async #send(socket: string): Promise<void> {
    for (let next = this.#take(); next !== undefined; next = this.#take()) {
      try {
        const { exitCode, stderr } = await runTool('systemd-notify', argumentsOf(next), {
          env: { NOTIFY_SOCKET: socket },
          limitMs: sendLimitMs,
        });
        if (exitCode !== 0) this.#failed(stderr.trim() || `systemd-notify ended with status ${exitCode}`);
      } catch (error) {
        this.#failed(error instanceof Error ? error.message : String(error));
      }
    }
  }

  #take(): Notification | undefined {
    const next = this.#next;
    this.#next = undefined;
    return next;
  }

  #failed(why: string): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    this.#warn(`systemd can't be told how far this is, and its time-out (TimeoutStopSec=) is not extended: ${why}`);
  }
}

/** Never `--pid`: that would make systemd take us for the main process. */
function argumentsOf({ status, extendMs }: Notification): string[] {
  return [`--status=${status}`, ...(extendMs > 0 ? [`EXTEND_TIMEOUT_USEC=${Math.floor(extendMs) * 1_000}`] : [])];
}
