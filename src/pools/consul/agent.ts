import { DrainctlError } from '../../errors.ts';
import { type HttpAnswer, httpRequest } from '../../http-request.ts';
import { readSecret } from '../../secret.ts';
import { readTls, type TlsFiles } from '../../tls-files.ts';
import { badStatus, isTemporary, noAnswer, unreadable } from '../request-errors.ts';
import type { AgentAddress } from './address.ts';
import { type AgentState, type ConsulMember, readChecks, readDatacenter, readServices } from './agent-state.ts';

/** How to speak to an agent. */
export interface AgentSettings {
  /** Holds the ACL token; undefined: the variable CONSUL_HTTP_TOKEN, where it is set. */
  readonly tokenFile: string | undefined;
  readonly namespace: string | undefined;
  readonly partition: string | undefined;
  readonly tls: TlsFiles | undefined;
  readonly timeoutMs: number;
}

/** An agent's HTTP API, as far as maintenance goes. Methods reject with `POOL_UNREACHABLE`, `POOL_REFUSED` or `POOL_MEMBER_MISSING`. */
export interface Agent {
  /** Services and checks. */
  state(signal: AbortSignal): Promise<AgentState>;
  /** Begins or ends maintenance; doing so twice is the same as once. */
  setMaintenance(member: ConsulMember, reason: string | undefined, signal: AbortSignal): Promise<void>;
  /** The datacenter that it is in; undefined where it does not say. */
  datacenter(signal: AbortSignal): Promise<string | undefined>;
}

const tokenVariable = 'CONSUL_HTTP_TOKEN';

/** A large node has thousands of services, each with tags and metadata. */
const maxAnswerBytes = 64 * 1024 * 1024;

/** Opens no connection yet; each call makes its own. https://developer.hashicorp.com/consul/api-docs/agent */
export function openAgent(address: AgentAddress, settings: AgentSettings): Agent {
  const what = `Consul at ${address.label}`;

  async function call(method: 'GET' | 'PUT', path: string, query: Query, signal: AbortSignal): Promise<HttpAnswer> {
    const orUnreadable = (error: Error) => {
      signal.throwIfAborted();
      throw unreadable(what, error);
    };
    const headers = await tokenHeader(settings.tokenFile, signal).catch(orUnreadable);
    const tls = await readTls(settings.tls, signal).catch(orUnreadable);
    const url = new URL(path, address.url);
    for (const [key, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(key, value);
    const request = { url, socketPath: address.socketPath, method, headers, tls, timeoutMs: settings.timeoutMs };
    try {
      return await httpRequest(request, signal, maxAnswerBytes);
    } catch (error) {
      signal.throwIfAborted();
      throw noAnswer(what, error instanceof Error ? error : new Error(String(error)));
    }
  }

  async function get(path: string, query: Query, right: string, signal: AbortSignal): Promise<unknown> {
    const answer = await call('GET', path, query, signal);
    if (answer.status !== 200) throw refusal(what, `GET ${path}`, answer, right);
    return parseJson(answer.body);
  }

  const scope = { ns: settings.namespace, partition: settings.partition };
  return {
    async state(signal) {
      const [services, checks] = await Promise.all([
        get('/v1/agent/services', scope, 'service:read', signal),
        get('/v1/agent/checks', scope, 'node:read and service:read', signal),
      ]);
      const known = { serviceIds: readServices(services), checks: readChecks(checks) };
      if (known.serviceIds === undefined || known.checks === undefined) throw notConsul(what);
      return { serviceIds: known.serviceIds, checks: known.checks };
    },

    async setMaintenance({ service }, reason, signal) {
      const path =
        service === undefined ? '/v1/agent/maintenance' : `/v1/agent/service/maintenance/${encodeId(service)}`;
      const query = { enable: String(reason !== undefined), reason, ...(service === undefined ? {} : scope) };
      const answer = await call('PUT', path, query, signal);
      if (answer.status === 404 && service !== undefined) throw noSuchService(what, [service]);
      const right = service === undefined ? 'node:write' : `service:write for ${service}`;
      if (answer.status !== 200) throw refusal(what, `PUT ${path}`, answer, right);
    },

    async datacenter(signal) {
      return readDatacenter(await get('/v1/agent/self', {}, 'agent:read', signal));
    },
  };
}

type Query = Readonly<Record<string, string | undefined>>;

/** An id may hold slashes. */
function encodeId(service: string): string {
  return service.split('/').map(encodeURIComponent).join('/');
}

async function tokenHeader(tokenFile: string | undefined, signal: AbortSignal): Promise<Record<string, string>> {
  if (tokenFile === undefined && (process.env[tokenVariable] ?? '') === '') return {};
  const token = await readSecret(tokenFile === undefined ? { env: tokenVariable } : { file: tokenFile }, signal);
  return { 'X-Consul-Token': token };
}

function refusal(what: string, request: string, answer: HttpAnswer, right: string): DrainctlError {
  if (answer.status === 401 || answer.status === 403) {
    return badStatus(
      what,
      request,
      answer,
      `Give the token the right ${right}, or name the right token in "token_file".`,
    );
  }
  const hint = isTemporary(answer.status)
    ? 'See the log of the agent: journalctl -u consul'
    : 'Compare the address with "client_addr" and "ports" of the agent.';
  return badStatus(what, request, answer, hint);
}

/** The agent does not know these services; nothing was changed there. */
export function noSuchService(what: string, services: readonly string[]): DrainctlError {
  return new DrainctlError('POOL_MEMBER_MISSING', `${what} does not know the service ${services.join(', ')}.`, {
    hint: 'Correct "service" of the member: it is the id, not the name, of a service registered at this very agent. An agent also hides what the token may not read (service:read).',
    details: { members: services },
  });
}

function notConsul(what: string): DrainctlError {
  return new DrainctlError('POOL_REFUSED', `What answers there is no Consul agent: ${what}.`, {
    hint: "Correct the address: it is that of the agent's HTTP API, by default http://127.0.0.1:8500.",
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
