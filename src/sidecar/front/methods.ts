import type { Engine } from '../../drain/engine.ts';
import type { Log } from '../../log.ts';
import { callMethod, type RpcMethods } from '../../rpc/methods.ts';
import type { RpcValue } from '../../rpc/rpc.ts';
import { withSystemMethods } from '../../rpc/system-methods.ts';
import { drainMethods } from '../api-methods.ts';
import { answerWith, type FrontMethod, passOn } from './answer.ts';
import { Shutdowns } from './shutdown.ts';
import { Starts } from './start.ts';
import { Stops } from './stop.ts';

/** What the methods of the front work with. */
export interface FrontMethodsOptions {
  readonly engine: Engine;
  readonly log: Log;
  /** The names of supervisord's own methods. */
  readonly listSupervisorMethods: (signal: AbortSignal) => Promise<RpcValue>;
}

/** Every method that the front does not simply pass on, by its full name; `system.multicall` is made of these. */
export function frontMethods(options: FrontMethodsOptions): ReadonlyMap<string, FrontMethod> {
  const { engine, log, listSupervisorMethods } = options;
  const drain = drainMethods(engine);
  const own = withSystemMethods(drain);
  const stops = new Stops(engine);
  const starts = new Starts(engine, stops, log);
  const shutdowns = new Shutdowns(engine, log);
  return new Map<string, FrontMethod>([
    ...[...drain.keys()].map((name): [string, FrontMethod] => [name, answeredBy(drain, name)]),
    ['supervisor.stopProcess', stops.stopProcess],
    ['supervisor.stopProcessGroup', stops.stopProcessGroup],
    ['supervisor.stopAllProcesses', stops.stopAllProcesses],
    ['supervisor.startProcess', starts.startProcess],
    ['supervisor.startProcessGroup', starts.startProcessGroup],
    ['supervisor.startAllProcesses', starts.startAllProcesses],
    ['supervisor.shutdown', shutdowns.shutdown],
    ['supervisor.restart', shutdowns.restart],
    ['system.listMethods', listMethods(drain, listSupervisorMethods)],
    ['system.methodHelp', ofOurs(drain, answeredBy(own, 'system.methodHelp'))],
    ['system.methodSignature', ofOurs(drain, answeredBy(own, 'system.methodSignature'))],
  ]);
}

function answeredBy(methods: RpcMethods, name: string): FrontMethod {
  return async (params, context) => answerWith(await callMethod(methods, name, params, context));
}

function listMethods(
  drain: RpcMethods,
  listSupervisorMethods: (signal: AbortSignal) => Promise<RpcValue>,
): FrontMethod {
  return async (params, { signal }) => {
    if (params.length > 0) return passOn;
    const theirs = await listSupervisorMethods(signal);
    return answerWith([...(Array.isArray(theirs) ? theirs.map(String) : []), ...drain.keys()].sort());
  };
}

/** Of its own methods supervisord tells itself. */
function ofOurs(drain: RpcMethods, method: FrontMethod): FrontMethod {
  return async (params, context) => (drain.has(String(params[0])) ? method(params, context) : passOn);
}
