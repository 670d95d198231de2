import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onCleanUp } from '../cleanup.ts';

/** A check as an agent holds it. */
interface Check {
  readonly Node: string;
  readonly CheckID: string;
  readonly Name: string;
  readonly Status: 'passing' | 'warning' | 'critical';
  readonly Notes: string;
  readonly ServiceID: string;
}

/** What a token may do. */
export interface Rights {
  readonly read: boolean;
  readonly write: boolean;
}

/** A Consul agent's HTTP API, as documented, for services and maintenance. A call that is not documented fails the test. */
export interface ConsulServer {
  /** `http://127.0.0.1:PORT`, or `unix://PATH`. */
  readonly address: string;
  /** Method, path and query of every call, in order. */
  readonly calls: readonly string[];
  /** The checks by their ids, to be looked at and changed. */
  readonly checks: Map<string, Check>;
  /** With ACLs: what each token may. Without one, nobody needs a token. */
  rights: ReadonlyMap<string, Rights> | undefined;
  /** Answers every call with this status, as an agent does without its servers. */
  failing: number | undefined;
  /** The maintenance of a service, or of the node, as an operator sets it. */
  setMaintenance(service: string | undefined, reason: string | undefined): void;
  /** Gives one service a check of this status. */
  setCheck(service: string, status: Check['Status']): void;
  /** Ends all maintenance and takes away all checks. */
  reset(): void;
}

const node = 'node-1';

/** Starts one with services of these ids, in datacenter `dc1`. */
export async function startConsulServer(services: readonly string[], socketPath?: string): Promise<ConsulServer> {
  const calls: string[] = [];
  const undocumented: string[] = [];
  const checks = new Map<string, Check>();
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => undocumented.push(String(error)));
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url: path = '' } = request;
    calls.push(`${method} ${path}`);
    const url = new URL(path, 'http://agent');
    const body = await textOf(request);
    const endpoint = endpoints.find((each) => each.method === method && each.path.test(url.pathname));
    const problem = endpoint === undefined ? 'no such endpoint' : endpoint.problem(url.searchParams, body);
    if (endpoint === undefined || problem !== undefined) {
      undocumented.push(`${method} ${path}: ${problem}`);
      return end(response, 400, problem ?? '');
    }
    if (consul.failing !== undefined) return end(response, consul.failing, 'No cluster leader');
    const rights = rightsOf(request);
    if (rights === undefined) return end(response, 403, 'ACL not found');
    const id = decodeURIComponent(endpoint.path.exec(url.pathname)?.[1] ?? '');
    endpoint.answer({ response, query: url.searchParams, rights, service: id === '' ? undefined : id });
  }

  function rightsOf(request: IncomingMessage): Rights | undefined {
    if (consul.rights === undefined) return { read: true, write: true };
    return consul.rights.get(String(request.headers['x-consul-token'] ?? ''));
  }

  const known = (id: string) => services.includes(id);
  const scope = ['ns', 'partition'];
  const endpoints: readonly Endpoint[] = [
    {
      method: 'GET',
      path: /^\/v1\/agent\/services$/,
      problem: documented([...scope, 'filter']),
      answer: ({ response, rights }) =>
        endJson(response, rights.read ? Object.fromEntries(services.map(describe)) : {}),
    },
    {
      method: 'GET',
      path: /^\/v1\/agent\/checks$/,
      problem: documented([...scope, 'filter']),
      answer: ({ response, rights }) => endJson(response, rights.read ? Object.fromEntries(checks) : {}),
    },
    {
      method: 'GET',
      path: /^\/v1\/agent\/self$/,
      problem: documented([]),
      answer: ({ response, rights }) =>
        rights.read
          ? endJson(response, { Config: { Datacenter: 'dc1', NodeName: node, Server: false, Version: '1.20.1' } })
          : end(response, 403, `Permission denied: token lacks permission 'agent:read' on "${node}"`),
    },
    {
      method: 'PUT',
      path: /^\/v1\/agent\/service\/maintenance\/([^/]+)$/,
      problem: documented(['enable', 'reason', ...scope], ['enable']),
      answer: ({ response, query, rights, service = '' }) => {
        if (!known(service))
          return end(response, 404, `Unknown service ID "${service}". Ensure that the service ID is passed.`);
        maintain(response, query, rights, service);
      },
    },
    {
      method: 'PUT',
      path: /^\/v1\/agent\/maintenance$/,
      problem: documented(['enable', 'reason'], ['enable']),
      answer: ({ response, query, rights }) => maintain(response, query, rights, undefined),
    },
  ];

  function maintain(
    response: ServerResponse,
    query: URLSearchParams,
    rights: Rights,
    service: string | undefined,
  ): void {
    const id = maintenanceId(service);
    const right = service === undefined ? 'node:write' : 'service:write';
    if (!rights.write) {
      end(response, 403, `Permission denied: token lacks permission '${right}'`);
      return;
    }
    if (query.get('enable') === 'false') checks.delete(id);
    // One that is on stays as it is, with its reason.
    else if (!checks.has(id)) consul.setMaintenance(service, query.get('reason') ?? 'Maintenance mode is enabled');
    end(response, 200, '');
  }

  const consul: ConsulServer = {
    address: '',
    calls,
    checks,
    rights: undefined,
    failing: undefined,
    setMaintenance(service, reason) {
      const id = maintenanceId(service);
      const name = service === undefined ? 'Node Maintenance Mode' : 'Service Maintenance Mode';
      if (reason === undefined) checks.delete(id);
      else checks.set(id, checkOf(id, name, 'critical', service ?? '', reason));
    },
    setCheck(service, status) {
      checks.set(
        `service:${service}`,
        checkOf(`service:${service}`, `Service '${service}' check`, status, service, ''),
      );
    },
    reset() {
      checks.clear();
    },
  };

  await new Promise<void>((resolve) =>
    socketPath === undefined ? server.listen(0, '127.0.0.1', resolve) : server.listen(socketPath, resolve),
  );
  onCleanUp(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    if (undocumented.length > 0)
      throw new Error(`calls that Consul's documentation does not have: ${undocumented.join('; ')}`);
  });
  // A server that listens on TCP has such an address.
  const address =
    socketPath === undefined ? `http://127.0.0.1:${(server.address() as AddressInfo).port}` : `unix://${socketPath}`;
  return Object.assign(consul, { address });
}

interface Endpoint {
  readonly method: string;
  readonly path: RegExp;
  /** What is wrong with a call. */
  readonly problem: (query: URLSearchParams, body: string) => string | undefined;
  readonly answer: (call: {
    readonly response: ServerResponse;
    readonly query: URLSearchParams;
    readonly rights: Rights;
    readonly service: string | undefined;
  }) => void;
}

function documented(allowed: readonly string[], required: readonly string[] = []): Endpoint['problem'] {
  return (query, body) => {
    const unknown = [...query.keys()].filter((key) => !allowed.includes(key));
    if (unknown.length > 0) return `unknown parameters ${unknown.join(', ')}`;
    if (required.some((key) => !query.has(key))) return `missing ${required.join(', ')}`;
    if (query.has('enable') && !/^(true|false)$/.test(query.get('enable') ?? '')) return 'enable is no boolean';
    return body === '' ? undefined : 'a body';
  };
}

function describe(id: string): [string, object] {
  return [
    id,
    { ID: id, Service: 'web', Tags: [], Meta: {}, Port: 8000, Address: '', Weights: { Passing: 1, Warning: 1 } },
  ];
}

function checkOf(id: string, name: string, status: Check['Status'], service: string, notes: string): Check {
  return { Node: node, CheckID: id, Name: name, Status: status, Notes: notes, ServiceID: service };
}

function maintenanceId(service: string | undefined): string {
  return service === undefined ? '_node_maintenance' : `_service_maintenance:${service}`;
}

function end(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain' }).end(text);
}

function endJson(response: ServerResponse, value: object): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
}
