import { withLivePids } from '../../drain/live-pids.ts';
import { isOurselves } from '../../drain/self.ts';
import type { Snapshot } from '../../drain/snapshot.ts';
import type { EngineView } from '../../drain/view.ts';
import type { ProcessStateEvent } from '../../supervisor/events.ts';
import type { ProcessInfo, ProcessName, ProcessState } from '../../supervisor/process.ts';
import { monotonicMs } from '../../time.ts';
import { contactOf, groupHealth, type Health, overallHealth, processHealth, type RunProgress } from './health.ts';

/** However often it is asked for, what is known is gathered at most this often. */
const pageIsFreshMs = 50;

/** The kernel is asked about each process by itself. */
const pidsAreFreshMs = 1_000;

/** Everything at one moment. */
interface Page {
  readonly atMs: number;
  readonly overall: Health;
  readonly processes: ReadonlyMap<ProcessName, Health & { readonly name: ProcessName; readonly group: string }>;
  readonly groups: ReadonlyMap<string, Health>;
}

/** A state that an event told, until supervisord was asked after it. */
interface NewerState {
  readonly state: ProcessState;
  readonly atMs: number;
}

/**
 * The health of the whole, of each group and of each process, from memory: supervisord and the pools are not asked.
 * Any number of checks cost no more than a few looks a second.
 */
export class HealthBook {
  readonly #view: () => EngineView;
  readonly #newer = new Map<ProcessName, NewerState>();
  #page: Page | undefined;
  #others: { readonly of: Snapshot; readonly infos: readonly ProcessInfo[] } | undefined;
  #living: { readonly of: Snapshot; readonly infos: readonly ProcessInfo[]; readonly atMs: number } | undefined;

  constructor(view: () => EngineView) {
    this.#view = view;
  }

  /** A process has changed its state. That it works is believed only of supervisord's own answer. */
  learn({ fullName, state }: Pick<ProcessStateEvent, 'fullName' | 'state'>): void {
    if (state === 'RUNNING') return;
    this.#newer.set(fullName, { state, atMs: monotonicMs() });
    this.#page = undefined;
  }

  /** Of the sidecar and supervisord. */
  overall(): Health {
    return this.#current().overall;
  }

  /** Of a `group` or a `group:name`; undefined where there is none of that name, or none is known yet. */
  find(name: string): Health | undefined {
    const { groups, processes } = this.#current();
    return name.includes(':') ? processes.get(name) : groups.get(name);
  }

  /** Every name that {@link find} knows. */
  names(): readonly string[] {
    const { groups, processes } = this.#current();
    return [...groups.keys(), ...processes.keys()];
  }

  #current(): Page {
    const nowMs = monotonicMs();
    if (this.#page === undefined || nowMs - this.#page.atMs > pageIsFreshMs) this.#page = this.#write(nowMs);
    return this.#page;
  }

  #write(atMs: number): Page {
    const view = this.#view();
    const progress = progressByProcess(view);
    const healths = this.#infos(view, atMs).map((info) => ({
      ...processHealth(info, { ...view, progress: progress.get(info.fullName) ?? [] }),
      name: info.fullName,
      group: info.group,
    }));
    const groups = groupBy(healths, ({ group }) => group);
    return {
      atMs,
      overall: overallHealth(view, atMs),
      processes: new Map(healths.map((health) => [health.name, health])),
      groups: new Map([...groups].map(([group, members]) => [group, groupHealth(members)])),
    };
  }

  /** The processes but our own, in the state that is known best. */
  #infos(view: EngineView, nowMs: number): readonly ProcessInfo[] {
    const { snapshot, contact } = view;
    if (snapshot === undefined) return [];
    const askedAtMs = contact.askedAtMs ?? 0;
    for (const [name, { atMs }] of this.#newer) if (atMs < askedAtMs) this.#newer.delete(name);
    const isTold = contactOf(view, nowMs) === 'answers';
    return (isTold ? this.#without(snapshot) : this.#alive(snapshot, nowMs)).map((info) => {
      const state = this.#newer.get(info.fullName)?.state;
      return state === undefined ? info : { ...info, state, description: '' };
    });
  }

  #without(snapshot: Snapshot): readonly ProcessInfo[] {
    if (this.#others?.of !== snapshot) {
      const infos = snapshot.infos.filter((info) => !isOurselves(info, snapshot.configs.get(info.fullName)));
      this.#others = { of: snapshot, infos };
    }
    return this.#others.infos;
  }

  /** Of what supervisord does not tell any more, the kernel tells at least what has ended. */
  #alive(snapshot: Snapshot, nowMs: number): readonly ProcessInfo[] {
    if (this.#living?.of !== snapshot || nowMs - this.#living.atMs > pidsAreFreshMs) {
      const { infos } = withLivePids({ ...snapshot, infos: this.#without(snapshot) }, process.ppid);
      this.#living = { of: snapshot, infos, atMs: nowMs };
    }
    return this.#living.infos;
  }
}

function progressByProcess({ runs }: EngineView): ReadonlyMap<ProcessName, readonly RunProgress[]> {
  const all = runs.flatMap(({ action, progress }) => progress().map((process) => ({ action, process })));
  return groupBy(all, ({ process }) => process.name);
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}
