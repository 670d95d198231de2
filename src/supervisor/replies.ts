import { DrainctlError } from '../errors.ts';
import type { RpcStruct, RpcValue } from '../rpc/rpc.ts';
import { type ProcessConfig, type ProcessInfo, type ProcessState, processStates } from './process.ts';
import type { SupervisorState } from './supervisor.ts';

/** supervisord's own states by number. http://supervisord.org/api.html#supervisor.rpcinterface.SupervisorNamespaceRPCInterface.getState */
const supervisorStates: ReadonlyMap<number, SupervisorState> = new Map([
  [2, 'FATAL'],
  [1, 'RUNNING'],
  [0, 'RESTARTING'],
  [-1, 'SHUTDOWN'],
]);

const processStatesByNumber: ReadonlyMap<number, ProcessState> = new Map(
  // Object.entries widens the keys to string.
  (Object.entries(processStates) as [ProcessState, number][]).map(([name, number]) => [number, name]),
);

/** `reply` as text; each reader here rejects with `RPC_PROTOCOL` where the reply to `method` has another shape. */
export function readText(method: string, reply: RpcValue): string {
  return typeof reply === 'string' ? reply : unexpected(method, 'a string', reply);
}

/** A whole number. */
export function readInt(method: string, reply: RpcValue): number {
  return typeof reply === 'number' && Number.isInteger(reply) ? reply : unexpected(method, 'an int', reply);
}

/** The answer of `getState`. */
export function readSupervisorState(method: string, reply: RpcValue): SupervisorState {
  const code = new Members(method, reply).int('statecode');
  return supervisorStates.get(code) ?? unexpected(method, 'a known statecode', code);
}

/** One struct of `getProcessInfo`. */
export function readProcessInfo(method: string, reply: RpcValue): ProcessInfo {
  const members = new Members(method, reply);
  const group = members.text('group');
  const name = members.text('name');
  const state = members.int('state');
  return {
    fullName: `${group}:${name}`,
    group,
    name,
    state: processStatesByNumber.get(state) ?? unexpected(method, `a known state of ${group}:${name}`, state),
    pid: members.int('pid'),
    startedAtS: members.int('start'),
    stoppedAtS: members.int('stop'),
    nowS: members.int('now'),
    exitStatus: members.int('exitstatus'),
    spawnError: members.text('spawnerr'),
    description: members.text('description'),
  };
}

/** One struct of `getAllConfigInfo`. */
export function readProcessConfig(method: string, reply: RpcValue): ProcessConfig {
  const members = new Members(method, reply);
  const group = members.text('group');
  const name = members.text('name');
  return {
    fullName: `${group}:${name}`,
    group,
    name,
    groupPriority: members.int('group_prio'),
    processPriority: members.int('process_prio'),
    command: members.text('command'),
    autostart: members.boolean('autostart'),
    startSecs: members.int('startsecs'),
    stopWaitSecs: members.int('stopwaitsecs'),
    stopSignal: members.int('stopsignal'),
  };
}

/** An array, each item read by `read`. */
export function readArray<T>(method: string, reply: RpcValue, read: (method: string, item: RpcValue) => T): T[] {
  if (!isArray(reply)) return unexpected(method, 'an array', reply);
  return reply.map((item) => read(method, item));
}

/** The members of a struct, by type. */
class Members {
  private readonly method: string;
  private readonly struct: RpcStruct;

  constructor(method: string, reply: RpcValue) {
    this.method = method;
    this.struct = isStruct(reply) ? reply : unexpected(method, 'a struct', reply);
  }

  text(name: string): string {
    const value = this.struct[name];
    return typeof value === 'string' ? value : unexpected(this.method, `a string "${name}"`, value);
  }

  int(name: string): number {
    const value = this.struct[name];
    if (typeof value === 'number' && Number.isInteger(value)) return value;
    return unexpected(this.method, `an int "${name}"`, value);
  }

  boolean(name: string): boolean {
    const value = this.struct[name];
    return typeof value === 'boolean' ? value : unexpected(this.method, `a boolean "${name}"`, value);
  }
}

/** Array.isArray does not narrow to a readonly array. */
function isArray(value: RpcValue): value is readonly RpcValue[] {
  return Array.isArray(value);
}

function isStruct(value: RpcValue): value is RpcStruct {
  return typeof value === 'object' && !isArray(value) && !Buffer.isBuffer(value) && !(value instanceof Date);
}

function unexpected(method: string, wanted: string, got: RpcValue | undefined): never {
  const shown = got === undefined ? 'nothing' : JSON.stringify(got).slice(0, 200);
  throw new DrainctlError(
    'RPC_PROTOCOL',
    `supervisord's answer to ${method} should hold ${wanted}, but holds ${shown}`,
    {
      hint: 'drainctl is made for supervisor 4.2 and later; see that the address is that of supervisord itself.',
      details: { method },
    },
  );
}
