import type { RawEvent } from './event-parser.ts';
import { type ProcessName, type ProcessState, processStates } from './process.ts';

export { countLostEvents } from './event-gaps.ts';
export { EventParser, type EventProblem, type RawEvent } from './event-parser.ts';

/** What a listener writes when it can take the next event. */
export const readyLine = 'READY\n';

/** What a listener writes when it has taken an event; supervisord never sends that one again. */
export const resultOk = 'RESULT 2\nOK';

/** A process that an event is about. */
export interface EventProcess {
  readonly fullName: ProcessName;
  readonly group: string;
  readonly name: string;
}

/** A process that changed its state. What supervisord does not tell with a state is undefined. */
export interface ProcessStateEvent extends EventProcess {
  readonly kind: 'process_state';
  readonly state: ProcessState;
  readonly fromState: ProcessState;
  readonly pid: number | undefined;
  /** How often it was tried to start it; with STARTING and BACKOFF. */
  readonly tries: number | undefined;
  /** Whether the exit status was an expected one; with EXITED. */
  readonly expected: boolean | undefined;
}

/** What a process wrote, to its log or between supervisord's communication marks. */
export interface ProcessOutputEvent extends EventProcess {
  readonly kind: 'process_log' | 'process_communication';
  readonly pid: number;
  readonly channel: 'stdout' | 'stderr';
  readonly data: string;
}

/** An event, taken apart. http://supervisord.org/events.html#event-types */
export type SupervisorEvent =
  | ProcessStateEvent
  | ProcessOutputEvent
  | { readonly kind: 'supervisor_state_change'; readonly state: 'running' | 'stopping' }
  | { readonly kind: 'tick'; readonly periodS: number /** Seconds since 1970. */; readonly whenS: number }
  | { readonly kind: 'process_group'; readonly change: 'added' | 'removed'; readonly group: string }
  | { readonly kind: 'remote_communication'; readonly type: string; readonly data: string }
  /** One of a later supervisord, or one whose payload is not as documented: nothing may be concluded from it. */
  | { readonly kind: 'unknown'; readonly eventname: string; readonly payload: string };

type Parse = (payload: string, detail: string) => SupervisorEvent | undefined;

const parsers: readonly (readonly [pattern: RegExp, parse: Parse])[] = [
  [/^PROCESS_STATE_([A-Z]+)$/, parseProcessState],
  [/^PROCESS_LOG_(STDOUT|STDERR)$/, (payload, detail) => parseOutput('process_log', payload, detail)],
  [
    /^PROCESS_COMMUNICATION_(STDOUT|STDERR)$/,
    (payload, detail) => parseOutput('process_communication', payload, detail),
  ],
  [/^SUPERVISOR_STATE_CHANGE_(RUNNING|STOPPING)$/, parseSupervisorState],
  [/^TICK_(\d+)$/, parseTick],
  [/^PROCESS_GROUP_(ADDED|REMOVED)$/, parseGroup],
  [/^REMOTE_COMMUNICATION$/, parseRemote],
];

/** Takes an event apart by its name. Never throws: what it can't make sense of is `unknown`. */
export function parseEvent(raw: RawEvent): SupervisorEvent {
  const { eventname } = raw.header;
  for (const [pattern, parse] of parsers) {
    const match = pattern.exec(eventname);
    const event = match === null ? undefined : parse(raw.payload, match[1] ?? '');
    if (event !== undefined) return event;
  }
  return { kind: 'unknown', eventname, payload: raw.payload };
}

function parseProcessState(payload: string, detail: string): SupervisorEvent | undefined {
  const fields = parseFields(payload);
  const process = parseProcess(fields);
  const fromState = fields.get('from_state');
  if (process === undefined || fromState === undefined) return undefined;
  if (!isProcessState(detail) || !isProcessState(fromState)) return undefined;
  return {
    kind: 'process_state',
    ...process,
    state: detail,
    fromState,
    pid: parseCount(fields.get('pid')),
    tries: parseCount(fields.get('tries')),
    expected: parseFlag(fields.get('expected')),
  };
}

function parseOutput(kind: ProcessOutputEvent['kind'], payload: string, detail: string): SupervisorEvent | undefined {
  const [line, data] = splitFirstLine(payload);
  const fields = parseFields(line);
  const process = parseProcess(fields);
  const pid = parseCount(fields.get('pid'));
  if (process === undefined || pid === undefined) return undefined;
  return { kind, ...process, pid, channel: detail === 'STDERR' ? 'stderr' : 'stdout', data };
}

function parseSupervisorState(_payload: string, detail: string): SupervisorEvent {
  return { kind: 'supervisor_state_change', state: detail === 'RUNNING' ? 'running' : 'stopping' };
}

function parseTick(payload: string, detail: string): SupervisorEvent | undefined {
  const whenS = parseCount(parseFields(payload).get('when'));
  return whenS === undefined ? undefined : { kind: 'tick', periodS: Number(detail), whenS };
}

function parseGroup(payload: string, detail: string): SupervisorEvent | undefined {
  const group = parseFields(payload).get('groupname');
  if (group === undefined) return undefined;
  return { kind: 'process_group', change: detail === 'ADDED' ? 'added' : 'removed', group };
}

function parseRemote(payload: string): SupervisorEvent | undefined {
  const [line, data] = splitFirstLine(payload);
  return line.startsWith('type:')
    ? { kind: 'remote_communication', type: line.slice('type:'.length), data }
    : undefined;
}

function parseProcess(fields: ReadonlyMap<string, string>): EventProcess | undefined {
  const group = fields.get('groupname');
  const name = fields.get('processname');
  return group === undefined || name === undefined ? undefined : { fullName: `${group}:${name}`, group, name };
}

/** `key:value key:value`; neither may be empty, and names hold no spaces. */
function parseFields(line: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const field of line.trim().split(/[ \n]/)) {
    const colon = field.indexOf(':');
    if (colon > 0 && colon < field.length - 1) fields.set(field.slice(0, colon), field.slice(colon + 1));
  }
  return fields;
}

function splitFirstLine(payload: string): [line: string, data: string] {
  const end = payload.indexOf('\n');
  return end === -1 ? [payload, ''] : [payload.slice(0, end), payload.slice(end + 1)];
}

function isProcessState(text: string): text is ProcessState {
  return Object.hasOwn(processStates, text);
}

function parseCount(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

function parseFlag(text: string | undefined): boolean | undefined {
  if (text === '1') return true;
  return text === '0' ? false : undefined;
}
