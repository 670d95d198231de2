import { exitCodeOf } from '../../../support/acceptance.ts';
import { signalProcess } from '../../../support/marked-processes.ts';
import type { RunningProcess } from '../../../support/processes.ts';
import { waitFor } from '../../../support/wait-for.ts';
import { type Site, workedOn } from './site.ts';
import type { Actor } from './steps.ts';

/** What is done, and who dies on the way. */
export interface Scenario {
  readonly name: string;
  /** Whose steps it is about. */
  readonly actor: Actor;
  readonly victim: 'actor' | 'supervisord';
  /** False: the command works alone. */
  readonly withSidecar: boolean;
  /** True where what died is started again only when the command has ended: a person looks first, and `ExecStop=` is waited for. */
  readonly isWaitedFor: boolean;
  /** Carries it out until it has ended or something was killed. */
  act(site: Site): Promise<Acted>;
}

/** What an operation has left running. */
export interface Acted {
  /** Resolves when no command runs any more; however one ends when something was killed, it ends. */
  ended(): Promise<void>;
}

const commandLimitMs = 60_000;

interface Operation {
  readonly name: string;
  readonly act: Scenario['act'];
}

/** One command after another, until something was killed. */
function commands(...all: readonly (readonly string[])[]): Scenario['act'] {
  return async (site) => {
    const started: RunningProcess[] = [];
    for (const args of all) {
      if (site.steps.hasKilled()) break;
      const command = site.stack.spawnDrainctl(args, { env: site.steps.env });
      started.push(command);
      await untilKilledOr(site, 'the end of the command', () => !command.running);
    }
    return {
      async ended() {
        for (const command of started) await exitCodeOf(command, commandLimitMs);
      },
    };
  };
}

async function untilKilledOr(site: Site, what: string, condition: () => boolean): Promise<void> {
  await waitFor(() => condition() || site.steps.hasKilled(), { what, timeoutMs: commandLimitMs });
}

const byCommand: readonly Operation[] = [
  { name: 'restart', act: commands(['restart', ...workedOn]) },
  { name: 'drain, pool', act: commands(['drain', workedOn[0] ?? ''], ['pool', workedOn[0] ?? '']) },
  { name: 'stop, start', act: commands(['stop', ...workedOn], ['start', ...workedOn]) },
  { name: 'shutdown', act: commands(['shutdown']) },
];

const gate: Operation = {
  name: 'gate',
  async act(site) {
    signalProcess(site.supervisordPid, 'SIGTERM');
    await untilKilledOr(site, 'the end of supervisord', () => !site.supervisordLives);
    return { ended: async () => {} };
  },
};

type Parties = Pick<Scenario, 'actor' | 'victim' | 'withSidecar'> & { readonly title: string };

const sidecarDies: Parties = { title: 'the sidecar killed', actor: 'sidecar', victim: 'actor', withSidecar: true };
const supervisordDies: Parties = { ...sidecarDies, title: 'supervisord killed', victim: 'supervisord' };
const alone = { actor: 'command', withSidecar: false } as const;

const parties: readonly Parties[] = [
  sidecarDies,
  supervisordDies,
  { title: 'drainctl killed, which asked the sidecar', actor: 'command', victim: 'actor', withSidecar: true },
  { title: 'drainctl killed, no sidecar', ...alone, victim: 'actor' },
  { title: 'supervisord killed, no sidecar', ...alone, victim: 'supervisord' },
];

function scenario({ name, act }: Operation, { title, ...who }: Parties): Scenario {
  return { name: `${name}: ${title}`, ...who, act, isWaitedFor: who.victim === 'actor' || name === 'shutdown' };
}

/** All of them. */
export const scenarios: readonly Scenario[] = [
  ...byCommand.flatMap((operation) => parties.map((who) => scenario(operation, who))),
  ...[sidecarDies, supervisordDies].map((who) => scenario(gate, who)),
];
