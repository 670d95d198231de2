import type { Config } from '../config/config.ts';
import { type Log, silentLog } from '../log.ts';
import type { SupervisorEvent } from '../supervisor/events.ts';
import type { ProcessName } from '../supervisor/process.ts';
import type { Supervisor } from '../supervisor/supervisor.ts';
import { version } from '../version.ts';
import type {
  DrainApi,
  EndReason,
  PlanDocument,
  RunAction,
  RunDocument,
  RunOptions,
  StatusDocument,
  VersionDocument,
  WaitDocument,
} from './api.ts';
import { checkChosen } from './choose.ts';
import { Communications } from './communications.ts';
import type { JournalEntry } from './journal-file.ts';
import { KnownRuns } from './known-runs.ts';
import { Losses } from './losses.ts';
import { type Measurement, measureAll } from './measure.ts';
import type { EngineObserver } from './observer.ts';
import { openWorkshops, type WorkshopParts } from './open-workshops.ts';
import { perform } from './perform.ts';
import { planNow } from './plan-now.ts';
import { mustGoOn, takesOver } from './policy.ts';
import { notOnHold } from './recover.ts';
import { Recoverer } from './recoverer.ts';
import { checkNames, gateHolds, isSameRequest } from './requests.ts';
import { Run } from './run.ts';
import { SnapshotFile } from './snapshot-file.ts';
import { statusDocument } from './status-document.ts';
import type { EngineView } from './view.ts';
import type { Workshops } from './workshops.ts';
import { type LastSeen, World } from './world.ts';

/** What an engine is made of. */
export interface EngineOptions extends Pick<WorkshopParts, 'lent'> {
  readonly config: Config;
  readonly supervisor: Supervisor;
  readonly log: Log;
  /** True inside the sidecar. */
  readonly isSidecar: boolean;
  /** For a supervisord that does not answer: to go by what a sidecar saw last. */
  readonly lastSeen?: LastSeen | undefined;
  readonly observer?: EngineObserver | undefined;
}

/** Does every run, one after another. The sidecar owns one; a drainctl that finds no sidecar makes its own. */
export class Engine implements DrainApi {
  readonly world: World;
  /** Hears of processes that go without a run. */
  readonly losses: Losses;
  readonly #shops: Workshops;
  readonly #startedAt = new Date();
  #configReadAt = this.#startedAt;
  #configNotice = '';
  readonly #isSidecar: boolean;
  /** A command prints the steps itself; of the sidecar's runs only the log tells everything. */
  readonly #runLog: Log;
  readonly #runs = new KnownRuns();
  /** Runs that have not ended, in their order; the first is under way. */
  #queue: readonly Run[] = [];
  #tail: Promise<unknown> = Promise.resolve();
  readonly #recoverer: Recoverer;
  readonly #observer: EngineObserver | undefined;
  readonly #communications = new Communications();
  #supervisordStops = false;

  constructor(options: EngineOptions) {
    const { config, supervisor, log, isSidecar, lastSeen, observer, lent } = options;
    this.#observer = observer;
    const memory = isSidecar || lastSeen !== undefined ? new SnapshotFile(config.stateDir) : undefined;
    this.world = new World(supervisor, log, memory, lastSeen);
    this.#isSidecar = isSidecar;
    this.#runLog = isSidecar ? log : silentLog;
    const lastCommunication = (process: ProcessName) => this.#communications.last(process);
    this.#shops = openWorkshops({ config, world: this.world, log, lastCommunication, observer, lent });
    this.#recoverer = new Recoverer(this.#shops, {
      currentRun: () => this.#queue[0],
      isGoing: (process) => this.losses.isGoing(process),
      begin: (action, names, options) => this.begin(action, names, options),
      onEnded: (result) => this.#observer?.onRunEnded(result),
    });
    const onEnded = (result: RunDocument) => {
      this.#recoverer.crashed(result);
      observer?.onRunEnded(result);
    };
    const runs = () => [...this.#queue.slice(0, 1), ...this.#recoverer.runs];
    this.losses = new Losses(this.#shops, this.#runLog, { runs, onEnded });
  }

  /** The configuration in force. */
  get config(): Config {
    return this.#shops.current.config;
  }

  /**
   * Puts another configuration in force, for what begins afterwards: a run that is under way keeps the one it began with.
   * `stateDir`, `sidecar` and `supervisor` must be those of the one before. Gives what is still out of pool addresses that
   * it does not have. Throws where a driver refuses its options; then nothing has changed.
   */
  reload(config: Config, readAt: Date): readonly JournalEntry[] {
    this.#shops.replace(config);
    this.#configReadAt = readAt;
    return this.#shops.leftBehind;
  }

  /** What whoever asks for the status is to know of the configuration's last reload; "" for nothing. */
  noteConfig(notice: string): void {
    this.#configNotice = notice;
  }

  async getVersion(): Promise<VersionDocument> {
    return {
      version,
      pid: process.pid,
      config: this.config.file,
      started_at: this.#startedAt.toISOString(),
      config_loaded_at: this.#configReadAt.toISOString(),
    };
  }

  async getStatus(): Promise<StatusDocument> {
    const sidecar = this.#isSidecar ? this.#recoverer : undefined;
    const status = await this.#shops.during((shop) => statusDocument(shop, this.#queue[0], sidecar));
    return this.#configNotice === '' ? status : { ...status, warnings: [this.#configNotice, ...status.warnings] };
  }

  /** Takes in what an event of supervisord tells beside the states of processes. */
  hear(event: SupervisorEvent): void {
    this.#communications.hear(event);
  }

  /** What is known at this moment, without asking anybody. */
  view(): EngineView {
    const runs = this.#queue.slice(0, 1);
    const { journal } = this.#shops.current;
    return { ...this.world.seen, journal: journal.seen, runs, supervisordStops: this.#supervisordStops };
  }

  /** What the pools and probes say of every process; what has not answered after `limitMs` is unknown. */
  async measure(limitMs: number): Promise<readonly Measurement[]> {
    return this.#shops.during((shop) => measureAll(shop, limitMs));
  }

  async getPlan(action: RunAction, names: readonly string[], options: RunOptions): Promise<PlanDocument> {
    return planNow(action, names, options, this.#shops.current);
  }

  async getHistory(limit: number): Promise<readonly RunDocument[]> {
    return this.#shops.current.history.latest(limit);
  }

  async start(action: RunAction, names: readonly string[], options: RunOptions): Promise<string> {
    checkNames(action, names);
    if (this.#queue[0]?.action === 'gate') throw gateHolds();
    // Whoever asks for the shutdown that is under way already waits for the same end.
    const same = this.#queue.find((run) => run.action === 'shutdown' && action === 'shutdown' && !run.signal.aborted);
    if (same !== undefined && isSameRequest(same.options, options)) return same.id;
    same?.end('superseded');
    // A name that nobody has is told to the caller at once, and not to the history later.
    if (names.length > 0) await checkChosen(action, names, this.#shops.current);
    return this.begin(action, names, options).id;
  }

  /** Queues a run; those that it takes over from end first. */
  begin(action: RunAction, names: readonly string[], options: RunOptions): Run {
    const run = new Run(action, names, options, this.#runLog);
    this.#recoverer.giveWay();
    for (const earlier of this.#queue) if (takesOver(action, earlier.action)) earlier.end('superseded');
    const [current] = this.#queue;
    if (current !== undefined) run.say({ kind: 'info', message: `waits for "${current.title}" to end` });
    this.#queue = [...this.#queue, run];
    this.#runs.add(run);
    this.#tail = this.#tail.then(() => this.#carryOut(run));
    return run;
  }

  async wait(runId: string, since: number, timeoutMs: number): Promise<WaitDocument> {
    return this.#runs.get(runId).wait(since, timeoutMs);
  }

  async cancel(runId: string): Promise<boolean> {
    const run = runId === '' ? this.#queue.find((candidate) => !candidate.signal.aborted) : this.#runs.get(runId);
    if (run === undefined || run.result !== undefined) return false;
    if (!run.end('cancelled')) throw gateHolds();
    return true;
  }

  /** Ends every run that is under way or waiting. One that must go on does, unless there is nothing left to stop. */
  endAll(reason: EndReason): void {
    for (const run of this.#queue) if (reason === 'supervisord gone' || !mustGoOn(run.action)) run.end(reason);
  }

  /** True while a run is under way or waiting at whose end supervisord itself is told to end. */
  get endsSupervisord(): boolean {
    return this.#queue.some((run) => run.action === 'shutdown' && !run.signal.aborted && !run.options.keepSupervisord);
  }

  /** The processes that are out of their pools by our hand, and are to go back by themselves: no hold keeps them out. */
  async leftOut(): Promise<readonly ProcessName[]> {
    return notOnHold(await this.#shops.current.journal.peek());
  }

  /** The run of that id, under way or ended lately. */
  run(runId: string): Run {
    return this.#runs.get(runId);
  }

  /** Resolves when whoever follows a run has its result, or after `limitMs`. */
  async resultsTaken(limitMs: number): Promise<void> {
    await this.#runs.resultsTaken(limitMs);
  }

  /** Resolves when no run is under way or waiting, nor anything beside them. */
  async idle(): Promise<void> {
    while (this.#queue.length > 0) await this.#tail;
    await this.losses.settled();
  }

  /** Puts back what earlier runs, of this process or of one that died, left out. A run that begins ends it. */
  async recover(): Promise<void> {
    await this.#recoverer.look();
  }

  /** Frees what the pools hold open. */
  close(): void {
    this.losses.end();
    this.#shops.close();
  }

  async #carryOut(run: Run): Promise<void> {
    this.#recoverer.giveWay();
    await this.#recoverer.idle();
    // What is being taken out at this moment must not be put back before it is out.
    if (run.action === 'recover') await this.losses.idle(run.signal);
    const result = await this.#shops.during((shop) => perform(run, shop));
    if (run.action === 'recover') this.#recoverer.learn(result);
    this.#queue = this.#queue.filter((other) => other !== run);
    this.#supervisordStops ||= result.action === 'gate' || result.ends_supervisord;
    this.#observer?.onRunEnded(result);
    this.#runLog[result.outcome === 'done' ? 'info' : 'warn'](result.message, { run: run.id, outcome: result.outcome });
    run.finish(result);
  }
}
