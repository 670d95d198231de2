import { excerpt } from '../count.ts';
import { describeUrl, httpRequest } from '../http-request.ts';
import { runCommand } from '../run-command.ts';
import { commandLine } from '../shell-quote.ts';

/** Whether a process can take work. */
export interface Readiness {
  readonly ready: boolean;
  /** What it answered, for the operator: `http http://…/health answered with status 503`. */
  readonly why: string;
}

/** How to tell that a started process can take work. */
export interface ReadyCheck {
  /** What it asks, for messages. */
  readonly target: string;
  /** One attempt, at most 2 s. Rejects only with the signal's reason: whatever else happens is "not ready". */
  isReady(signal: AbortSignal): Promise<Readiness>;
}

/** What a ready check asks, expansions done. With both, both must say yes. */
export interface ReadyOptions {
  /** A URL that answers with a status of 2xx. */
  readonly http?: string | undefined;
  /** A command, without a shell, that exits with status 0. */
  readonly exec?: readonly string[] | undefined;
}

const attemptMs = 2_000;

/** Makes a ready check; one that asks nothing always says yes. Opens nothing yet. */
export function createReadyCheck({ http, exec }: ReadyOptions): ReadyCheck {
  const checks: ReadyCheck[] = [];
  if (http !== undefined) checks.push(httpCheck(http));
  if (exec !== undefined) checks.push(execCheck(exec));
  return {
    target: checks.map(({ target }) => target).join(' and ') || 'nothing',
    async isReady(signal) {
      signal.throwIfAborted();
      const answers = await Promise.all(checks.map((check) => check.isReady(signal)));
      const why = answers.filter(({ ready }) => !ready).map((answer) => answer.why);
      if (why.length > 0) return { ready: false, why: why.join('; ') };
      return { ready: true, why: answers.map((answer) => answer.why).join('; ') };
    },
  };
}

function httpCheck(text: string): ReadyCheck {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const target = `http ${url === undefined ? text : describeUrl(url)}`;
  return attempt(target, async (signal) => {
    if (url === undefined) return { ready: false, why: 'is not a URL' };
    const { status } = await httpRequest({ url, timeoutMs: attemptMs }, signal);
    return { ready: status >= 200 && status <= 299, why: `answered with status ${status}` };
  });
}

function execCheck(command: readonly string[]): ReadyCheck {
  return attempt(`exec ${commandLine(command)}`, async (signal) => {
    const { exitCode, signal: killedBy, stdout, stderr } = await runCommand({ command, timeoutMs: attemptMs }, signal);
    if (exitCode === 0) return { ready: true, why: 'exited with 0' };
    const ended = exitCode === undefined ? `was ended by ${killedBy}` : `exited with ${exitCode}`;
    return { ready: false, why: `${ended} and printed ${excerpt(stderr === '' ? stdout : stderr)}` };
  });
}

function attempt(target: string, ask: (signal: AbortSignal) => Promise<Readiness>): ReadyCheck {
  return {
    target,
    async isReady(signal) {
      try {
        const { ready, why } = await ask(signal);
        return { ready, why: `${target} ${why}` };
      } catch (error) {
        signal.throwIfAborted();
        return { ready: false, why: `${target}: ${error instanceof Error ? error.message : String(error)}` };
      }
    },
  };
}
