import type { Json, MemberState } from '../pool.ts';

/** What an agent says of one check. https://developer.hashicorp.com/consul/api-docs/agent/check#list-checks */
export interface AgentCheck {
  readonly name: string;
  /** `passing`, `warning` or `critical`. */
  readonly status: string;
  /** The reason, where it is a maintenance check. */
  readonly notes: string;
  /** "" for a check of the whole node. */
  readonly serviceId: string;
}

/** What an agent knows at one moment. */
export interface AgentState {
  readonly serviceIds: ReadonlySet<string>;
  /** By `CheckID`. */
  readonly checks: ReadonlyMap<string, AgentCheck>;
}

/** A member: a service by its id, or the node with all its services. */
export type ConsulMember = { readonly service?: string | undefined; readonly node?: boolean | undefined };

/** In front of the reason of every maintenance that is ours: what an operator begins has another. */
const mark = 'drainctl: ';

const nodeMaintenance = '_node_maintenance';

/** The reason to give Consul, at most so long that a person can read it in the web page. */
export function markedReason(reason: string): string {
  return `${mark}${reason.slice(0, 200)}`;
}

/** True for a maintenance that drainctl began. */
export function isOurs({ notes }: AgentCheck): boolean {
  return notes.startsWith(mark);
}

/** The maintenance of the member itself; undefined: it has none. */
export function maintenanceOf({ checks }: AgentState, member: ConsulMember): AgentCheck | undefined {
  return checks.get(member.service === undefined ? nodeMaintenance : `_service_maintenance:${member.service}`);
}

/**
 * True where nothing needs to be done to take the member out: it has a maintenance of its own, or an operator's covers
 * the whole node. One of the node that is ours may end before this member is to be put back.
 */
export function isLeftAsItIs(state: AgentState, member: ConsulMember): boolean {
  const node = state.checks.get(nodeMaintenance);
  return maintenanceOf(state, member) !== undefined || (node !== undefined && !isOurs(node));
}

/** True for a member that the agent knows. */
export function isKnown({ serviceIds }: AgentState, { service }: ConsulMember): boolean {
  return service === undefined || serviceIds.has(service);
}

/**
 * Where a member stands. Maintenance of the node takes all of its services out; a critical check, its own or the
 * node's, takes it out of every healthy answer too, but then nobody did.
 */
export function standingOf(state: AgentState, member: ConsulMember): Pick<MemberState, 'placement' | 'text'> {
  if (!isKnown(state, member))
    return { placement: 'missing', text: 'no such service at this agent, or the token may not read it' };
  const own = maintenanceOf(state, member);
  if (own !== undefined) return { placement: 'out', text: `maintenance: ${own.notes}` };
  const node = state.checks.get(nodeMaintenance);
  if (node !== undefined) return { placement: 'out', text: `node maintenance: ${node.notes}` };
  const concerned = [...state.checks.values()].filter(
    ({ serviceId }) => serviceId === '' || serviceId === member.service,
  );
  const critical = concerned.find(({ status }) => status === 'critical');
  if (critical !== undefined) return { placement: 'down', text: `critical: ${critical.name}` };
  return { placement: 'in', text: concerned.some(({ status }) => status === 'warning') ? 'warning' : 'passing' };
}

/** What to write down before a member is taken out: whether somebody else has it in maintenance. */
export function beforeOf(state: AgentState, member: ConsulMember): Json {
  const own = maintenanceOf(state, member);
  return { maintenance: own !== undefined && !isOurs(own) };
}

/** True where {@link beforeOf} found somebody else's maintenance. What is not readable was taken out by us, or it would not be in the journal. */
export function wasInMaintenance(before: Json): boolean {
  return typeof before === 'object' && before !== null && 'maintenance' in before && before['maintenance'] === true;
}

/** Reads `/v1/agent/services`; undefined for what is no answer of an agent. */
export function readServices(json: unknown): ReadonlySet<string> | undefined {
  return isStruct(json) ? new Set(Object.keys(json)) : undefined;
}

/** Reads `/v1/agent/checks`; undefined for what is no answer of an agent. */
export function readChecks(json: unknown): ReadonlyMap<string, AgentCheck> | undefined {
  if (!isStruct(json)) return undefined;
  const checks = new Map<string, AgentCheck>();
  for (const [id, check] of Object.entries(json)) {
    if (!isStruct(check) || typeof check['Status'] !== 'string') return undefined;
    checks.set(id, {
      name: textOf(check['Name']) || id,
      status: check['Status'],
      notes: textOf(check['Notes']),
      serviceId: textOf(check['ServiceID']),
    });
  }
  return checks;
}

/** Reads the datacenter out of `/v1/agent/self`; undefined where it does not say. */
export function readDatacenter(json: unknown): string | undefined {
  const config = isStruct(json) ? json['Config'] : undefined;
  const name = isStruct(config) ? config['Datacenter'] : undefined;
  return typeof name === 'string' ? name : undefined;
}

function isStruct(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
