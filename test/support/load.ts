import * as http from 'node:http';
import { onCleanUp } from './cleanup.ts';

/** What to send. */
export interface LoadOptions {
  /** The frontend, such as `http://127.0.0.1:8080`. */
  readonly url: string;
  /** Each sends one request after the other, on a connection that it keeps. Default: 60. */
  readonly connections?: number;
  /** Default: `/?ms=500`. */
  readonly path?: string;
  /** A request that takes longer has failed. Default: 30 s. */
  readonly timeoutMs?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What came of it. Every request is counted, once. */
export interface LoadResult {
  readonly requests: number;
  readonly failed: number;
  /** Why each failed one did, with the milliseconds since the start: `1204 ms: socket hang up`. */
  readonly failures: readonly string[];
}

/** Requests being sent until `stop()`. */
export interface Load extends AsyncDisposable {
  /** Milliseconds since 1970 when it began; failures are told by the time since then. */
  readonly startedAt: number;
  /** So far. */
  readonly result: LoadResult;
  /** Milliseconds since 1970 of the last answer by each server's name. */
  readonly lastAnswerAt: ReadonlyMap<string, number>;
  /** Answers with status 2xx by server's name. */
  readonly answers: ReadonlyMap<string, number>;
  /** Sends nothing new, waits for the answers that are still out, and gives the totals. */
  stop(): Promise<LoadResult>;
  /** Ends at once; requests that are out are cut off and not counted. */
  close(): Promise<void>;
}

/**
 * Sends requests without a pause on `connections` connections. Anything but a whole answer with a status of 2xx is a
 * failed request: other statuses, resets, time-outs, answers cut short. Nothing is tried again.
 */
export function startLoad(options: LoadOptions): Load {
  const { connections = 60, path = '/?ms=500', timeoutMs = 30_000, headers = {} } = options;
  const url = new URL(path, options.url);
  const agent = new http.Agent({ keepAlive: true, maxSockets: connections });
  const failures: string[] = [];
  const lastAnswerAt = new Map<string, number>();
  const answers = new Map<string, number>();
  const [startedAt, startedAtMs] = [Date.now(), performance.now()];
  let requests = 0;
  let stopping = false;
  let closed = false;

  const connection = async () => {
    while (!stopping) {
      const outcome = await sendOne(url, { agent, timeout: timeoutMs, headers });
      if (closed) return;
      requests++;
      if (outcome.failure !== undefined) {
        failures.push(`${Math.round(performance.now() - startedAtMs)} ms: ${outcome.failure}`);
        // A load balancer with no server refuses at once, and the counts would say more of this loop than of the outage.
        await new Promise((resolve) => setTimeout(resolve, 50));
        continue;
      }
      lastAnswerAt.set(outcome.server, Date.now());
      answers.set(outcome.server, (answers.get(outcome.server) ?? 0) + 1);
    }
  };
  const all = Promise.all(Array.from({ length: connections }, connection));

  const load: Load = {
    startedAt,
    get result() {
      return { requests, failed: failures.length, failures: [...failures] };
    },
    lastAnswerAt,
    answers,
    async stop() {
      stopping = true;
      await all;
      await load.close();
      return load.result;
    },
    async close() {
      forget();
      stopping = true;
      closed = true;
      agent.destroy();
      await all;
    },
    async [Symbol.asyncDispose]() {
      await load.close();
    },
  };
  const forget = onCleanUp(() => load.close());
  return load;
}

/** What came of one request; `server` is the first word of the answer, which is the web program's name. */
type Outcome = { readonly failure: string } | { readonly failure?: undefined; readonly server: string };

async function sendOne(url: URL, options: http.RequestOptions): Promise<Outcome> {
  return new Promise((resolve) => {
    const fail = (reason: string) => resolve({ failure: reason });
    const request = http.get(url, options, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        body += chunk;
      });
      response.once('error', (error) => fail(`answer cut short: ${error.message}`));
      response.once('end', () => {
        const status = response.statusCode ?? 0;
        if (status >= 200 && status < 300) resolve({ server: body.trim() });
        else fail(`HTTP ${status}`);
      });
    });
    // `timeout` only tells; and it tells of a connection that is silent, which is what a request without an answer is.
    request.once('timeout', () => request.destroy(new Error(`no answer within ${options.timeout} ms`)));
    request.once('error', (error) => fail(error.message));
  });
}
