import type { ProcessReport, RunDocument } from '../../drain/api.ts';
import type { Snapshot } from '../../drain/snapshot.ts';
import { sentence } from '../../errors.ts';
import type { RpcFault, RpcStruct } from '../../rpc/rpc.ts';
import { type SupervisorFault, supervisorFault, supervisorFaults } from '../../supervisor/faults.ts';
import type { ProcessInfo } from '../../supervisor/process.ts';

/** supervisord's own default for a priority that is not known. */
const defaultPriority = 999;

/** A process as supervisord names it in faults: `web:web_00`, and `web` where group and process have one name. */
export function namespec({ group, name }: Pick<ProcessInfo, 'group' | 'name'>): string {
  return group === name ? name : `${group}:${name}`;
}

/** What supervisord would say of a process that a stop run did not stop; undefined where it did. `name` as the client gave it. */
export function stopFault(info: ProcessInfo, name: string, result: RunDocument): RpcFault | undefined {
  const report = result.processes.find((process) => process.name === info.fullName);
  if (report === undefined) return failed(result.message, result.hint, result.error_code, name);
  switch (report.outcome) {
    case 'done':
    case 'cut':
      return undefined;
    case 'skipped':
      return supervisorFault('NOT_RUNNING', name);
    default:
      return failed(reason(report, result), report.hint, report.error_code, name);
  }
}

function reason({ outcome, message, error_code: code }: ProcessReport, result: RunDocument): string {
  if (message === '') return result.message;
  if (outcome !== 'cancelled') return message;
  // It says what state that left the process in, and no more.
  return `The stop was ${code === 'CANCELLED' ? 'cancelled' : 'ended, because another one of its run failed'}. ${message}`;
}

function failed(message: string, hint: string, code: string, name: string): RpcFault {
  const known: Partial<Record<string, SupervisorFault>> = {
    NO_SUCH_PROCESS: 'BAD_NAME',
    SUPERVISOR_SHUTTING_DOWN: 'SHUTDOWN_STATE',
  };
  const fault = known[code];
  if (fault === 'BAD_NAME') return supervisorFault(fault, name);
  if (fault !== undefined) return supervisorFault(fault);
  // supervisorctl prints the text of this fault, and nothing else.
  const about = message.includes(name) ? '' : `${name}: `;
  return supervisorFault('FAILED', `${about}${sentence(message)} ${hint}`.replaceAll('\n', ' ').trimEnd());
}

/** One process in the answer to a stop of many; `fault` undefined: it was stopped. */
export function stopStatus({ group, name }: ProcessInfo, fault: RpcFault | undefined): RpcStruct {
  return {
    name,
    group,
    status: fault?.faultCode ?? supervisorFaults.SUCCESS,
    description: fault?.message ?? 'OK',
  };
}

/** In the order in which supervisord signals processes: by ascending priority of their groups, then their own. */
export function inSignalOrder(infos: readonly ProcessInfo[], { configs }: Snapshot): ProcessInfo[] {
  const priority = (info: ProcessInfo, which: 'groupPriority' | 'processPriority') =>
    configs.get(info.fullName)?.[which] ?? defaultPriority;
  return infos.toSorted(
    (a, b) =>
      priority(a, 'groupPriority') - priority(b, 'groupPriority') ||
      compareText(a.group, b.group) ||
      priority(a, 'processPriority') - priority(b, 'processPriority') ||
      compareText(a.name, b.name),
  );
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
