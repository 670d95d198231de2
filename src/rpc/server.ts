import { toDrainctlError } from '../errors.ts';
import type { Log } from '../log.ts';
import { readBody } from './body.ts';
import { decodeCall } from './decode.ts';
import { encodeFault, encodeResponse } from './encode.ts';
import { toFault } from './error-faults.ts';
import { type Exchange, pathOf, refusalOf, refuse, send, tooLong, xmlType } from './exchange.ts';
import { createHttpServer, type RpcServer } from './http-server.ts';
import { defaultRpcServerLimits, type RpcServerLimits } from './limits.ts';
import { callMethod, type RpcContext, type RpcMethods } from './methods.ts';
import { RpcFault } from './rpc.ts';

/** What {@link createRpcServer} needs. */
export interface RpcServerOptions {
  readonly methods: RpcMethods;
  readonly log: Log;
  readonly limits?: Partial<RpcServerLimits>;
}

/** Makes a server of XML-RPC over HTTP, at `POST /RPC2` as supervisord's. It answers whatever it is sent, and does not throw. */
export function createRpcServer({ methods, log, limits = {} }: RpcServerOptions): RpcServer {
  const { maxBodyBytes } = { ...defaultRpcServerLimits, ...limits };
  const handle = async (exchange: Exchange) => {
    if (pathOf(exchange) !== '/RPC2') {
      return refuse(exchange, { status: 404, text: 'There is nothing here; XML-RPC calls go to /RPC2.' });
    }
    const body = await readCall(exchange, maxBodyBytes);
    if (body === undefined) return;
    send(exchange, 200, xmlType, await replyTo(body, exchange));
  };
  return createHttpServer({ handle, log, limits });

  async function replyTo(body: Buffer, context: RpcContext): Promise<string> {
    let method = '';
    try {
      const call = await decodeCall(body.toString('utf8'));
      method = call.method;
      return encodeResponse(await callMethod(methods, method, call.params, context));
    } catch (error) {
      return faultDocument(log, method, error);
    }
  }
}

/** The body of a call; undefined where it was refused, or the client has gone. */
export async function readCall(exchange: Exchange, maxBodyBytes: number): Promise<Buffer | undefined> {
  const refusal = refusalOf(exchange, maxBodyBytes);
  if (refusal !== undefined) {
    refuse(exchange, refusal);
    return undefined;
  }
  try {
    const body = await readBody(exchange.request, maxBodyBytes);
    if (body === undefined) refuse(exchange, tooLong(maxBodyBytes));
    return body;
  } catch {
    return undefined;
  }
}

/** The document that answers a call that failed. What is a bug is logged. */
export function faultDocument(log: Log, method: string, error: unknown): string {
  const fault = toFault(error);
  const fields = { method, faultCode: fault.faultCode, fault: fault.message };
  if (isBug(error)) log.error('an XML-RPC method failed', { ...fields, stack: stackOf(error) });
  else log.debug('an XML-RPC call was answered with a fault', fields);
  return encodeFault(fault.faultCode, fault.message);
}

function isBug(error: unknown): boolean {
  return !(error instanceof RpcFault) && toDrainctlError(error).code === 'INTERNAL';
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
