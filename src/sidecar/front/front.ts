import { randomBytes } from 'node:crypto';
import type { Config } from '../../config/config.ts';
import type { Engine } from '../../drain/engine.ts';
import { DrainctlError, toDrainctlError } from '../../errors.ts';
import type { Log } from '../../log.ts';
import { rpcCall } from '../../rpc/client.ts';
import type { RpcCall } from '../../rpc/decode.ts';
import { encodeResponse } from '../../rpc/encode.ts';
import { parseEndpoint } from '../../rpc/endpoint.ts';
import { type Exchange, pathOf, refuse, send, xmlType } from '../../rpc/exchange.ts';
import type { RpcEndpoint, RpcValue } from '../../rpc/rpc.ts';
import { faultDocument, readCall } from '../../rpc/server.ts';
import { runMulticall } from '../../rpc/system-methods.ts';
import { supervisorError } from '../../supervisor/call-errors.ts';
import { answerWith, type FrontAnswer, type FrontMethod, passOn } from './answer.ts';
import { readFrontCall } from './call.ts';
import { loopHeader, talksToItself } from './loop.ts';
import { frontMethods } from './methods.ts';
import { Relay } from './relay.ts';
import { typeFault } from './type-fault.ts';

/** No call that is passed on has a limit; this is the longest that a timer can be set to. */
const noLimitMs = 2 ** 31 - 1;

/** For what supervisord answers from memory. */
const shortTimeoutMs = 10_000;

/** What a front is made of. */
export interface FrontOptions {
  readonly engine: Engine;
  readonly config: Config;
  /** supervisord's own address. */
  readonly endpoint: RpcEndpoint;
  readonly log: Log;
}

/**
 * supervisord's XML-RPC for its clients, with the stops drained: answers `drain.*` and what stops processes itself, and
 * passes everything else on to supervisord.
 */
export class Front {
  readonly #endpoint: RpcEndpoint;
  readonly #log: Log;
  readonly #maxBodyBytes: number;
  readonly #closing = new AbortController();
  readonly #id = randomBytes(8).toString('hex');
  readonly #relay: Relay;
  readonly #methods: ReadonlyMap<string, FrontMethod>;

  constructor({ engine, config, endpoint, log }: FrontOptions) {
    this.#endpoint = endpoint;
    this.#log = log;
    this.#maxBodyBytes = config.sidecar.limits.maxBodyBytes;
    this.#relay = new Relay(parseEndpoint(endpoint), this.#id, (call, signal) => this.#explainFailure(call, signal));
    this.#methods = frontMethods({
      engine,
      log,
      listSupervisorMethods: (signal) => this.#callSupervisor('system.listMethods', [], shortTimeoutMs, signal),
    });
  }

  /** Ends what would never end by itself: logs that are being followed. */
  close(): void {
    this.#closing.abort();
  }

  /** Answers one request; rejects where it could not be answered to the end. */
  readonly handle = async (exchange: Exchange): Promise<void> => {
    const path = pathOf(exchange);
    if (path === '/RPC2') return this.#answerCall(exchange);
    if (path === '/mainlogtail' || path.startsWith('/logtail/')) return this.#followLog(exchange);
    const text =
      'There is nothing here: calls go to /RPC2, logs are at /logtail/ and /mainlogtail. The web page of supervisord is ' +
      'not offered, for its stops would cut work off; use "drainctl status", or the address of supervisord itself.';
    refuse(exchange, { status: 404, text });
  };

  async #answerCall(exchange: Exchange): Promise<void> {
    const body = await readCall(exchange, this.#maxBodyBytes);
    if (body === undefined) return;
    let method = '';
    try {
      if (exchange.request.headers[loopHeader] === this.#id) throw talksToItself(this.#endpoint.url);
      const call = await readFrontCall(body);
      method = call.method;
      await this.#carryOut(exchange, call, body);
    } catch (error) {
      if (exchange.signal.aborted || exchange.response.headersSent) throw error;
      send(exchange, 200, xmlType, faultDocument(this.#log, method, error));
    }
  }

  async #carryOut(exchange: Exchange, call: RpcCall, body: Buffer): Promise<void> {
    const answer = await this.#ask(call.method, call.params, exchange.signal);
    if (answer.kind === 'value') return send(exchange, 200, xmlType, encodeResponse(answer.value));
    if (answer.beforeAnswer !== undefined) return this.#relay.callAndHold(exchange, call, body, answer.beforeAnswer);
    return this.#relay.call(exchange, call, body);
  }

  async #ask(method: string, params: readonly RpcValue[], signal: AbortSignal): Promise<FrontAnswer> {
    if (method === 'system.multicall') return this.#multicall(params, signal);
    return (await this.#methods.get(method)?.(params, { signal })) ?? passOn;
  }

  /** One where none of the calls is ours supervisord answers itself. */
  async #multicall(params: readonly RpcValue[], signal: AbortSignal): Promise<FrontAnswer> {
    const [calls] = params;
    if (params.length !== 1 || !isArray(calls) || !calls.some((call) => this.#isOurs(call))) return passOn;
    return answerWith(await runMulticall(calls, signal, (method, given) => this.#callOne(method, given, signal)));
  }

  #isOurs(call: RpcValue): boolean {
    return typeof call === 'object' && 'methodName' in call && this.#methods.has(String(call['methodName']));
  }

  async #callOne(methodName: string, params: readonly RpcValue[], signal: AbortSignal): Promise<RpcValue> {
    const answer = await this.#ask(methodName, params, signal);
    if (answer.kind === 'value') return answer.value;
    // As a multicall of one, so that what goes wrong in supervisord is told as in its own.
    const results = await this.#callSupervisor('system.multicall', [[{ methodName, params }]], noLimitMs, signal);
    const result = isArray(results) ? results[0] : undefined;
    if (result === undefined) throw new DrainctlError('RPC_PROTOCOL', `supervisord gave no result of ${methodName}`);
    if (!isFault(result)) await answer.beforeAnswer?.(signal);
    return result;
  }

  /** At parameters of another type supervisord fails without a word; at a log that is not UTF-8 too, and that stays as it is. */
  async #explainFailure({ method, params }: RpcCall, signal: AbortSignal): Promise<Error | undefined> {
    try {
      const signature = await this.#callSupervisor('system.methodSignature', [method], shortTimeoutMs, signal);
      return typeFault(method, signature, params);
    } catch {
      return undefined;
    }
  }

  async #callSupervisor(method: string, params: readonly RpcValue[], timeoutMs: number, signal: AbortSignal) {
    try {
      return await rpcCall(this.#endpoint, method, params, { signal, timeoutMs });
    } catch (error) {
      throw supervisorError({ url: parseEndpoint(this.#endpoint).shown, method }, error);
    }
  }

  async #followLog(exchange: Exchange): Promise<void> {
    const { request, response, signal } = exchange;
    if (request.method !== 'GET') {
      return refuse(exchange, { status: 405, text: 'A log is read by GET.', headers: { Allow: 'GET' } });
    }
    try {
      if (request.headers[loopHeader] === this.#id) throw talksToItself(this.#endpoint.url);
      await untilEither(signal, this.#closing.signal, (either) => this.#relay.follow(exchange, either));
    } catch (error) {
      if (this.#closing.signal.aborted) {
        response.destroy();
        return;
      }
      if (signal.aborted || response.headersSent) throw error;
      refuse(exchange, { status: 502, text: toDrainctlError(error).toText() });
    }
  }
}

/** Array.isArray does not narrow to a readonly array. */
function isArray(value: RpcValue | undefined): value is readonly RpcValue[] {
  return Array.isArray(value);
}

function isFault(value: RpcValue): boolean {
  return typeof value === 'object' && 'faultCode' in value;
}

/** Runs `work` with a signal that is aborted when either is. AbortSignal.any leaves a trace in the one that lives on. */
async function untilEither(one: AbortSignal, other: AbortSignal, work: (signal: AbortSignal) => Promise<void>) {
  const either = new AbortController();
  const signals = [one, other];
  const abort = () => either.abort(signals.find(({ aborted }) => aborted)?.reason);
  for (const signal of signals) signal.addEventListener('abort', abort, { once: true });
  try {
    if (signals.some(({ aborted }) => aborted)) abort();
    await work(either.signal);
  } finally {
    for (const signal of signals) signal.removeEventListener('abort', abort);
  }
}
