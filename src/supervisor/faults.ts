import { rpcFaults } from '../rpc/faults.ts';
import { RpcFault } from '../rpc/rpc.ts';

/** The numbers of supervisord's faults. http://supervisord.org/api.html and `Faults` in supervisor/xmlrpc.py of 4.2.5. */
export const supervisorFaults = {
  ...rpcFaults,
  BAD_ARGUMENTS: 3,
  SHUTDOWN_STATE: 6,
  BAD_NAME: 10,
  BAD_SIGNAL: 11,
  NO_FILE: 20,
  NOT_EXECUTABLE: 21,
  FAILED: 30,
  ABNORMAL_TERMINATION: 40,
  SPAWN_ERROR: 50,
  ALREADY_STARTED: 60,
  NOT_RUNNING: 70,
  /** No failure: the `status` of a process in the result of a call on many. */
  SUCCESS: 80,
  ALREADY_ADDED: 90,
  STILL_RUNNING: 91,
  CANT_REREAD: 92,
} as const;

/** The name of one of supervisord's faults. */
export type SupervisorFault = keyof typeof supervisorFaults;

/** The fault as supervisord words it: `BAD_NAME: web:web_00`. */
export function supervisorFault(name: SupervisorFault, about?: string): RpcFault {
  return new RpcFault(supervisorFaults[name], about === undefined ? name : `${name}: ${about}`);
}

/** True for a fault of that name. */
export function isSupervisorFault(error: unknown, name: SupervisorFault): error is RpcFault {
  return error instanceof RpcFault && error.faultCode === supervisorFaults[name];
}
