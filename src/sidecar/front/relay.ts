import type { IncomingMessage } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { DrainctlError } from '../../errors.ts';
import { readBody } from '../../rpc/body.ts';
import { connectionError } from '../../rpc/client.ts';
import type { RpcCall } from '../../rpc/decode.ts';
import type { RpcTarget } from '../../rpc/endpoint.ts';
import { type Exchange, send } from '../../rpc/exchange.ts';
import { type OutgoingRequest, sendRequest } from '../../rpc/send-request.ts';
import { supervisorError } from '../../supervisor/call-errors.ts';
import { loopHeader } from './loop.ts';

/** An answer that is held back is one to a start: a few hundred bytes for each process. */
const maxHeldBytes = 16 * 2 ** 20;

/** What supervisord's answers have beside those that belong to the connection. */
const passedHeaders = ['content-type', 'content-length', 'last-modified', 'x-accel-buffering'] as const;

/** The fault to answer with where supervisord failed at a call (HTTP 500); undefined: its own answer. */
export type ExplainFailure = (call: RpcCall, signal: AbortSignal) => Promise<Error | undefined>;

/** Passes requests on to supervisord, each over a connection of its own, with no limit on how long it takes. */
export class Relay {
  readonly #target: RpcTarget;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #explainFailure: ExplainFailure;

  /** `id` marks what is passed on, so that a front that gets it back knows that it talks to itself. */
  constructor(target: RpcTarget, id: string, explainFailure: ExplainFailure) {
    this.#target = target;
    this.#headers = { [loopHeader]: id };
    this.#explainFailure = explainFailure;
  }

  /**
   * Passes a call on, and the answer back as it comes, until the client goes. Rejects with a DrainctlError where there
   * was none; what fails after its first byte ends the connection of the client.
   */
  async call(exchange: Exchange, call: RpcCall, body: Buffer): Promise<void> {
    await passBack(await this.#post(call, body, exchange.signal), exchange);
  }

  /**
   * As {@link call}, but the answer is held back until `beforeAnswer` has ended, if supervisord has carried the call out and
   * not answered with a fault.
   */
  async callAndHold(
    exchange: Exchange,
    call: RpcCall,
    body: Buffer,
    beforeAnswer: (signal: AbortSignal) => Promise<void>,
  ): Promise<void> {
    const { method } = call;
    const response = await this.#post(call, body, exchange.signal);
    if (response.statusCode !== 200) return passBack(response, exchange);
    const answer = await readBody(response, maxHeldBytes).catch((error: unknown) => {
      throw this.#explained(method, error);
    });
    if (answer === undefined) throw this.#explained(method, new Error(`its answer has over ${maxHeldBytes} bytes`));
    if (!answer.includes('<fault>')) await beforeAnswer(exchange.signal);
    send(exchange, 200, response.headers['content-type'] ?? 'text/xml', answer);
  }

  /** Passes a request for a log that is followed on, and what is written to it back, as it is written, until `signal` is aborted. */
  async follow(exchange: Exchange, signal: AbortSignal): Promise<void> {
    const path = exchange.request.url ?? '';
    // To a client that means to close the connection supervisord sends nothing until it has 64 KiB.
    const headers = { ...this.#headers, Connection: 'keep-alive' };
    const response = await this.#send(path, { method: 'GET', path, headers, signal });
    if (response.statusCode === 401) {
      response.destroy();
      throw unauthorized(this.#target);
    }
    await passBack(response, exchange);
  }

  async #post(call: RpcCall, body: Buffer, signal: AbortSignal): Promise<IncomingMessage> {
    const { method } = call;
    const { path } = this.#target;
    const response = await this.#send(method, { method: 'POST', path, body, headers: this.#headers, signal });
    const { statusCode } = response;
    if (statusCode === 500) {
      const fault = await this.#explainFailure(call, signal);
      if (fault === undefined) return response;
      response.destroy();
      throw fault;
    }
    if (statusCode !== 400 && statusCode !== 401) return response;
    response.destroy();
    if (statusCode === 401) throw unauthorized(this.#target);
    throw new DrainctlError('RPC_PROTOCOL', `supervisord could not read the call of ${method} (HTTP 400)`, {
      hint: 'See its log: it says what it was sent.',
    });
  }

  async #send(what: string, outgoing: OutgoingRequest): Promise<IncomingMessage> {
    try {
      return await sendRequest(this.#target, outgoing);
    } catch (error) {
      throw this.#explained(what, error);
    }
  }

  #explained(method: string, error: unknown): unknown {
    return supervisorError({ url: this.#target.shown, method }, connectionError(this.#target, method, error));
  }
}

/** Ends both connections where either of them does. */
async function passBack(from: IncomingMessage, { response, signal }: Exchange): Promise<void> {
  if (signal.aborted) {
    from.destroy();
    return;
  }
  for (const name of passedHeaders) {
    const value = from.headers[name];
    if (value !== undefined) response.setHeader(name, value);
  }
  response.writeHead(from.statusCode ?? 502, from.statusMessage ?? '');
  // A log that nothing is written to has no first byte that would take the headers along.
  response.flushHeaders();
  await pipeline(from, response);
}

function unauthorized({ shown }: RpcTarget): DrainctlError {
  return new DrainctlError(
    'SUPERVISOR_UNAUTHORIZED',
    `supervisord at ${shown} refused drainctl's user name or password`,
    {
      hint: 'Set supervisor.username and supervisor.password (or password_file) to what its configuration says.',
    },
  );
}
