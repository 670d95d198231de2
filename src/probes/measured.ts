import { describeUrl, type HttpRequest, httpRequest } from '../http-request.ts';
import { probeFailed } from './failure.ts';
import type { Probe } from './probe.ts';

/** A probe whose `count` may reject with any Error: it then can't tell, for that reason. An abort stays what it is. */
export function measuredProbe(target: string, hint: string, count: (signal: AbortSignal) => Promise<number>): Probe {
  return {
    target,
    async measure(signal) {
      try {
        return await count(signal);
      } catch (error) {
        signal.throwIfAborted();
        throw probeFailed(target, error instanceof Error ? error.message : String(error), hint, error);
      }
    },
  };
}

/** The body of an answer with a status of 2xx. Rejects with an Error for any other. */
export async function readPage(request: HttpRequest, signal: AbortSignal, maxBytes?: number): Promise<string> {
  const { status, body } = await httpRequest(request, signal, maxBytes);
  if (status < 200 || status > 299) throw new Error(`it answered with status ${status}`);
  return body;
}

/** How a person asks for the same by hand; without user, password and query, which may be secret. */
export function curlCommand(url: URL, socketPath: string | undefined, query = ''): string {
  const through = socketPath === undefined ? '' : `--unix-socket ${socketPath} `;
  return `curl -i ${through}'${describeUrl(url)}${query}'`;
}
