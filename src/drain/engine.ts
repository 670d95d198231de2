import type { Config } from '../config/config.ts';
import { DrainctlError, toDrainctlError } from '../errors.ts';
import { type Log, silentLog } from '../log.ts';
import type { Supervisor } from '../supervisor/supervisor.ts';
import { abandonable } from '../time.ts';
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
import { History } from './history.ts';
import { Journal } from './journal.ts';
import { tryLock } from './lock.ts';
import { Patience } from './patience.ts';
import { chooseProcesses, chooseTargets, perform } from './perform.ts';
import { makePlan, planDocument } from './plan.ts';
import { mustGoOn, takesOver } from './policy.ts';
import { judgeRecovery, keepOut } from './recover.ts';
import { checkNames, gateHolds, isSameRequest } from './requests.ts';
import { Run, RunEnded } from './run.ts';
import { isOurselves } from './self.ts';
import { SnapshotFile } from './snapshot-file.ts';
import { processStatus } from './status.ts';
import type { Target } from './target.ts';
import { Targets } from './targets.ts';
import { Ticker } from './ticker.ts';
import { unusedEntries } from './unused-entries.ts';
import type { Workshop } from './workshop.ts';
import { World } from './world.ts';

/** What an engine is made of. */
export interface EngineOptions {
  readonly config: Config;
  readonly supervisor: Supervisor;
  readonly log: Log;
  /** True inside the sidecar. */
  readonly isSidecar: boolean;
}

/** How many ended runs can still be asked for. */
const rememberedRuns = 50;

/** Does every run, one after another. The sidecar owns one; a drainctl that finds no sidecar makes its own. */
export class Engine implements DrainApi {
  readonly world: World;
  readonly #shop: Workshop;
  readonly #startedAt = new Date();
  readonly #isSidecar: boolean;
  /** A command prints the steps itself; of the sidecar's runs only the log tells everything. */
  readonly #runLog: Log;
  readonly #runs = new Map<string, Run>();
  /** Runs that have not ended, in their order; the first is under way. */
  #queue: readonly Run[] = [];
  #tail: Promise<unknown> = Promise.resolve();
  readonly #patience = new Patience();
  #recovery: { readonly abort: AbortController; readonly done: Promise<void> } | undefined;

  constructor(options: EngineOptions) {
    const { config, supervisor, log, isSidecar } = options;
    this.world = new World(supervisor, log, isSidecar ? new SnapshotFile(config.stateDir) : undefined);
    this.#isSidecar = isSidecar;
    this.#runLog = isSidecar ? log : silentLog;
    this.#shop = {
      config,
      world: this.world,
      targets: new Targets(config),
      journal: new Journal(config.stateDir, log),
      history: new History(config.stateDir, log),
      ticker: new Ticker(),
      log,
    };
  }

  async getVersion(): Promise<VersionDocument> {
    return { version, pid: process.pid, config: this.#shop.config.file, started_at: this.#startedAt.toISOString() };
  }

  async getStatus(): Promise<StatusDocument> {
    const [snapshot, journal, problem] = await Promise.all([
      this.world.best(),
      this.#shop.journal.peek(),
      this.#shop.journal.problem(),
    ]);
    const current = this.#queue[0];
    const run = current && { id: current.id, action: current.action, progress: current.progress() };
    const infos = snapshot.infos.filter((info) => !isOurselves(info, snapshot.configs.get(info.fullName)));
    const resolved = infos.map((info) => this.#shop.targets.resolve(info, snapshot));
    return {
      supervisor: { url: this.world.supervisor.url, state: snapshot.isShuttingDown ? 'SHUTDOWN' : 'RUNNING' },
      sidecar: this.#isSidecar,
      run: current?.id ?? '',
      warnings: [...(problem === '' ? [] : [problem]), ...unusedEntries(this.#shop.config, infos)],
      processes: await Promise.all(
        resolved.map(({ target, problem }) =>
          processStatus(target, { journal, run, problem: problem?.message ?? '', isSidecar: this.#isSidecar }),
        ),
      ),
    };
  }

  async getPlan(action: RunAction, names: readonly string[], options: RunOptions): Promise<PlanDocument> {
    const warn = (message: string) => this.#shop.log.warn(message);
    const targets = chooseTargets({ action, names }, await this.world.fresh(), this.#shop.targets, warn);
    return planDocument(action, makePlan(action, targets), options.deadlineMs);
  }

  async getHistory(limit: number): Promise<readonly RunDocument[]> {
    return this.#shop.history.latest(limit);
  }

  async start(action: RunAction, names: readonly string[], options: RunOptions): Promise<string> {
    checkNames(action, names);
    const [current] = this.#queue;
    if (current?.action === 'gate') throw gateHolds();
    // Whoever asks for the shutdown that is under way already waits for the same end.
    const same = this.#queue.find((run) => run.action === 'shutdown' && action === 'shutdown' && !run.signal.aborted);
    if (same !== undefined && isSameRequest(same.options, options)) return same.id;
    same?.end('superseded');
    // A name that nobody has is told to the caller at once, and not to the history later.
    if (names.length > 0) chooseProcesses(names, await this.world.refresh());
    return this.begin(action, names, options).id;
  }

  /** Queues a run; those that it takes over from end first. */
  begin(action: RunAction, names: readonly string[], options: RunOptions): Run {
    const run = new Run(action, names, options, this.#runLog);
    this.#recovery?.abort.abort(new RunEnded('superseded'));
    for (const earlier of this.#queue) if (takesOver(action, earlier.action)) earlier.end('superseded');
    const [current] = this.#queue;
    if (current !== undefined) run.say({ kind: 'info', message: `waits for "${current.title}" to end` });
    this.#queue = [...this.#queue, run];
    this.#remember(run);
    this.#tail = this.#tail.then(() => this.#carryOut(run));
    return run;
  }

  async wait(runId: string, since: number, timeoutMs: number): Promise<WaitDocument> {
    return this.run(runId).wait(since, timeoutMs);
  }

  async cancel(runId: string): Promise<boolean> {
    const run = runId === '' ? this.#queue.find((candidate) => !candidate.signal.aborted) : this.run(runId);
    if (run === undefined || run.result !== undefined) return false;
    if (!run.end('cancelled')) throw gateHolds();
    return true;
  }

  /** Ends every run that is under way or waiting. One that must go on does, unless there is nothing left to stop. */
  endAll(reason: EndReason): void {
    for (const run of this.#queue) if (reason === 'supervisord gone' || !mustGoOn(run.action)) run.end(reason);
  }

  /** The run of that id, under way or ended lately. */
  run(runId: string): Run {
    const run = this.#runs.get(runId);
    if (run !== undefined) return run;
    throw new DrainctlError('RUN_NOT_FOUND', `There is no run ${runId}.`, {
      hint: 'It may have ended before the sidecar was restarted; see "drainctl history".',
    });
  }

  /** Resolves when whoever follows a run has its result, or after `limitMs`. */
  async resultsTaken(limitMs: number): Promise<void> {
    await Promise.all([...this.#runs.values()].map((run) => run.taken(limitMs)));
  }

  /** Resolves when no run is under way or waiting. */
  async idle(): Promise<void> {
    while (this.#queue.length > 0) await this.#tail;
  }

  /**
   * Puts back what earlier runs, of this process or of one that died, left out and what now runs and is ready; keeps
   * out the rest. Does nothing while a run is under way: that one may have taken them out. A run that begins ends it.
   */
  async recover(): Promise<void> {
    if (this.#recovery !== undefined || this.#queue.length > 0) return;
    const abort = new AbortController();
    const done = this.#recover(abort.signal).catch((error: unknown) => {
      if (abort.signal.aborted) return;
      this.#shop.log.warn(`What earlier runs left out could not be looked at: ${toDrainctlError(error).message}`);
    });
    this.#recovery = { abort, done };
    await done;
    this.#recovery = undefined;
  }

  async #recover(signal: AbortSignal): Promise<void> {
    const { entries, holds } = await abandonable(this.#shop.journal.peek(), signal);
    if (entries.length === 0 && holds.length === 0) return;
    const snapshot = await this.world.refresh(signal);
    const { toPutBack, toKeepOut } = await judgeRecovery(await this.#shop.journal.peek(), snapshot, this.#shop, signal);
    if (toKeepOut.length > 0) await this.#keepOut(toKeepOut, signal);
    signal.throwIfAborted();
    const names = toPutBack.map((target) => target.info.fullName).filter((name) => this.#patience.isDue(name));
    if (names.length > 0 && this.#queue.length === 0) this.begin('recover', names, {});
  }

  /** Only with the lock: another drainctl may be putting them back at this moment. */
  async #keepOut(targets: readonly Target[], signal: AbortSignal): Promise<void> {
    const lock = await tryLock(this.#shop.config.stateDir, 'keep out what is on hold', () => {});
    if (lock === undefined) return;
    try {
      await keepOut(targets, await this.#shop.journal.peek(), this.#shop.log, signal);
    } finally {
      await lock.release();
    }
  }

  /** Frees what the pools hold open. */
  close(): void {
    this.#shop.targets.close();
  }

  async #carryOut(run: Run): Promise<void> {
    await this.#recovery?.done;
    const result = await perform(run, this.#shop);
    if (run.action === 'recover') this.#patience.learn(result);
    this.#queue = this.#queue.filter((other) => other !== run);
    this.#runLog[result.outcome === 'done' ? 'info' : 'warn'](result.message, { run: run.id, outcome: result.outcome });
    run.finish(result);
  }

  #remember(run: Run): void {
    this.#runs.set(run.id, run);
    const ended = [...this.#runs.values()].filter((candidate) => candidate.result !== undefined);
    const [oldest] = ended;
    if (ended.length > rememberedRuns && oldest !== undefined) this.#runs.delete(oldest.id);
  }
}
