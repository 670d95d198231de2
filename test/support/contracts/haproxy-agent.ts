import { haproxy as driver } from '../../../src/pools/haproxy.ts';
import type { Pool, PoolServices } from '../../../src/pools/pool.ts';
import { AgentPorts } from '../../../src/sidecar/agent/agent-ports.ts';
import { onCleanUp } from '../cleanup.ts';
import { noServices } from '../doubles/driver-surroundings.ts';
import { type RecordingLog, recordingLog } from '../doubles/recording-log.ts';
import { freePort } from '../free-port.ts';
import { type Haproxy, startHaproxy } from '../haproxy.ts';
import { waitFor } from '../wait-for.ts';
import { type JournalDouble, journalDouble } from './journal-double.ts';

/** A server of the backend `app`, as the driver takes it. */
export type AgentMember = { readonly server: string };

/** How often the harness's HAProxys ask. */
export const agentInterMs = 40;

/** Without it HAProxy gives a check up after its interval, which a busy machine may take for one answer. */
export const patientCheck = 'timeout check 5s';

/** The words of a server line that has HAProxy ask at this port about the server `app/NAME`. */
export function agentWords(port: number, name: string, { interMs = agentInterMs, who = '' } = {}): string {
  const line = who === '' ? `app/${name}` : `app/${name} ${who}`;
  return `agent-check agent-addr 127.0.0.1 agent-port ${port} agent-inter ${interMs}ms agent-send "${line}\\n"`;
}

/** Real HAProxys that ask the sidecar's agent port about `web_00`, `web_01` and `web_02`. */
export interface AgentWorld extends AsyncDisposable {
  readonly port: number;
  readonly ports: AgentPorts;
  readonly journal: JournalDouble;
  readonly log: RecordingLog;
  /** Resolves when the sidecar answers at the port. */
  waitUntilServed(): Promise<void>;
  /** One more HAProxy; `who` it says it is, or the address that it asks from. */
  addHaproxy(options?: { readonly who?: string; readonly source?: string }): Promise<Haproxy>;
  /** A pool as the sidecar has it, whose changes go into the journal; it knows that one HAProxy asks, from 127.0.0.1. */
  open(options?: Readonly<Record<string, unknown>>, services?: Partial<PoolServices>): Pool<AgentMember>;
}

/** Starts it without any HAProxy. */
export async function startAgentWorld(): Promise<AgentWorld> {
  const port = await freePort();
  const log = recordingLog();
  const ports = new AgentPorts(log, 64);
  const journal = journalDouble();
  const forget = onCleanUp(
    async () => ports.close(),
    () => ports.close(),
  );
  return {
    port,
    ports,
    journal,
    log,
    async waitUntilServed() {
      await waitFor(() => log.lines.some((line) => line.includes('agent checks are served at')), {
        what: 'the agent port',
      });
    },
    addHaproxy: ({ who = '', source } = {}) =>
      startHaproxy({
        extraBackend: patientCheck,
        servers: ['web_00', 'web_01', 'web_02'].map((name) => ({
          name,
          port: 9,
          options: `no-check ${agentWords(port, name, { who })} ${source === undefined ? '' : `source ${source}`}`,
        })),
      }),
    open(options = {}, services = {}) {
      const settings = driver.options.parse({
        agent: `127.0.0.1:${port}`,
        agent_inter: '1s',
        checkers: ['127.0.0.1'],
        ...options,
      });
      const lent = { ...noServices, takenOutAt: journal.takenOutAt, agentChecks: ports, ...services };
      const [pool] = driver.open(settings, lent);
      if (pool === undefined) throw new Error('no pool');
      return journal.keep(pool, driver.label);
    },
    async [Symbol.asyncDispose]() {
      forget();
      ports.close();
    },
  };
}

/** Waits until HAProxy says so of each of these servers, by `show stat`. */
export async function waitForStates(haproxy: Haproxy, wanted: Readonly<Record<string, string>>): Promise<void> {
  await waitFor(
    async () => {
      const states = await haproxy.serverStates();
      const differs = Object.entries(wanted).some(([name, state]) => states.get(name) !== state);
      if (differs) throw new Error(JSON.stringify([...states]));
      return true;
    },
    { what: JSON.stringify(wanted) },
  );
}
