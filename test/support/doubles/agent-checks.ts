import { haproxy as driver } from '../../../src/pools/haproxy.ts';
import type { Pool } from '../../../src/pools/pool.ts';
import type { AgentChecks } from '../../../src/pools/sidecar-services.ts';
import { AgentDesk } from '../../../src/sidecar/agent/desk.ts';
import { monotonicMs } from '../../../src/time.ts';
import { onCleanUp } from '../cleanup.ts';
import { type JournalDouble, journalDouble } from '../contracts/journal-double.ts';
import { waitFor } from '../wait-for.ts';
import { noServices } from './driver-surroundings.ts';

type Member = { readonly server: string };

const hourMs = 3_600_000;

/** A HAProxy that asks about `app/web_00`; it goes by an hour ahead, so that a slow machine never makes it one that has gone. */
export interface AskingHaproxy {
  /** What it has made of the answers. */
  readonly isOut: boolean;
  ask(): void;
  /** Resolves when it has asked so often more. */
  askTimes(times: number): Promise<void>;
  /** From now on it gives up before an answer arrives. */
  stopTaking(): void;
}

/** An agent port without a network: what is asked goes straight to the desk. */
export interface AgentDouble {
  readonly journal: JournalDouble;
  /** Its changes go into the journal. */
  readonly pool: Pool<Member>;
  addHaproxy(
    name: string,
    options?: { readonly takes?: boolean; readonly isOut?: boolean; readonly asksByItself?: boolean },
  ): AskingHaproxy;
}

/** Opens a pool of the driver with these options at such a port, which has been there for an hour. */
export function startAgentDouble(options: Readonly<Record<string, unknown>>): AgentDouble {
  const desk = new AgentDesk();
  const journal = journalDouble();
  const agentChecks: AgentChecks = {
    listen(_, servers) {
      const close = desk.add(servers);
      return {
        problem: undefined,
        sinceMs: monotonicMs() - hourMs,
        of: (server) => desk.of(server),
        forgottenAtMs: (server) => desk.forgottenAtMs(server),
        names: () => desk.names(),
        putBack: (server, back) => desk.putBack(server, back),
        takeOut: (server) => desk.takeOut(server),
        isPuttingBack: (server) => desk.isPuttingBack(server),
        close,
      };
    },
  };
  const settings = driver.options.parse({ agent: '127.0.0.1:9012', ...options });
  const [pool] = driver.open(settings, { ...noServices, takenOutAt: journal.takenOutAt, agentChecks });
  if (pool === undefined) throw new Error('no pool');
  return {
    journal,
    pool: journal.keep(pool, driver.label),
    addHaproxy: (name, { takes = true, isOut = false, asksByItself = true } = {}) =>
      addHaproxy(desk, name, { takes, isOut, asksByItself }),
  };
}

function addHaproxy(
  desk: AgentDesk,
  name: string,
  given: { readonly takes: boolean; readonly isOut: boolean; readonly asksByItself: boolean },
): AskingHaproxy {
  let { takes, isOut } = given;
  let asked = 0;
  const ask = () => {
    asked += 1;
    const nowMs = monotonicMs() + hourMs;
    const reply = desk.answer(`app/web_00 ${name}`, '10.0.0.7', nowMs);
    if (!takes || reply === undefined) return;
    if (reply.text === 'drain\n') isOut = true;
    if (reply.text === 'ready\n') isOut = false;
    reply.onTaken(nowMs);
  };
  ask();
  const timer = given.asksByItself ? setInterval(ask, 5) : undefined;
  onCleanUp(() => clearInterval(timer));
  return {
    get isOut() {
      return isOut;
    },
    ask,
    async askTimes(times) {
      const until = asked + times;
      await waitFor(() => asked >= until, { what: `${name} to ask`, intervalMs: 5 });
    },
    stopTaking() {
      takes = false;
    },
  };
}
