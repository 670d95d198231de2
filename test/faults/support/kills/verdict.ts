import type { StatusDocument } from '../../../../src/drain/api.ts';
import { statusOf } from '../../../support/acceptance.ts';
import { heldName, type Site } from './site.ts';

/** One web process as supervisord, HAProxy and the journal have it. */
interface Found {
  readonly name: string;
  readonly state: string;
  /** HAProxy's word for its server. */
  readonly status: string;
  /** Taken out by a command. */
  readonly isOut: boolean;
  readonly isHeld: boolean;
  /** The journal says that drainctl took it out. */
  readonly isInJournal: boolean;
}

/** What is not as it must be when all have recovered; empty: all is well. Throws where it can't be told at this moment. */
export async function wrongs(site: Site): Promise<string[]> {
  const status = await statusOf(site.stack);
  if (!status.sidecar) return ['the sidecar does not answer'];
  if (status.run !== '') return [`a run is under way: ${status.run}`];
  const found = await look(site);
  const isLost = !found.some(({ name, isHeld }) => name === heldName && isHeld);
  return [
    ...found.flatMap((one) => wrongWith(one).map((what) => `${what}: ${JSON.stringify(one)}`)),
    ...(isLost ? [`the hold of ${heldName} is lost`] : []),
    ...unlikeStatus(status, found),
  ];
}

async function look({ stack, journal }: Site): Promise<Found[]> {
  const states = await stack.supervisord.states();
  const serversOut = await stack.haproxy.serversOut();
  const servers = await stack.haproxy.serverStates();
  const { entries, holds } = journal();
  return stack.webNames.map((name) => {
    const server = name.slice('web:'.length);
    return {
      name,
      state: states.get(name) ?? '',
      status: servers.get(server) ?? '',
      isOut: serversOut.includes(server),
      isHeld: holds.some(({ process }) => process === name),
      isInJournal: entries.some(({ process }) => process === name),
    };
  });
}

/** The promise, for one process. */
function wrongWith({ state, status, isOut, isHeld, isInJournal }: Found): string[] {
  if (isHeld) return isOut ? [] : ['on hold, and in'];
  if (state !== 'RUNNING') return isOut && isEnd(state) ? [] : ['does not run, and in'];
  if (isOut || status !== 'UP') return ['runs, and gets no work'];
  return isInJournal ? ['in, and out in the journal'] : [];
}

/** What is neither starting nor stopping. */
function isEnd(state: string): boolean {
  return ['STOPPED', 'EXITED', 'FATAL'].includes(state);
}

/** What drainctl says must be what HAProxy says. */
function unlikeStatus({ processes }: StatusDocument, found: readonly Found[]): string[] {
  return found
    .filter(({ name, isOut }) => (processes.find((process) => process.name === name)?.pool === 'out') !== isOut)
    .map(({ name }) => `status is wrong about ${name}`);
}
