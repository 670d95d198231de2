import type { ProgramConfig } from '../../config/config.ts';
import { defaultPolicy } from '../../config/defaults.ts';
import { programFor } from '../../config/match.ts';
import type { RunDocument } from '../../drain/api.ts';
import type { Engine } from '../../drain/engine.ts';
import type { Run } from '../../drain/run.ts';
import { isOurselves, isStandby } from '../../drain/self.ts';
import type { Snapshot } from '../../drain/snapshot.ts';
import { isDrainctlError } from '../../errors.ts';
import type { RpcFault } from '../../rpc/rpc.ts';
import { supervisorFault } from '../../supervisor/faults.ts';
import { splitNamespec } from '../../supervisor/names.ts';
import type { ProcessInfo } from '../../supervisor/process.ts';
import { abandonable } from '../../time.ts';
import { answerWith, type FrontAnswer, type FrontMethod, passOn } from './answer.ts';
import { nameAndWait, onlyWait } from './arguments.ts';
import { comingBack } from './coming-back.ts';
import { inSignalOrder, namespec, stopFault, stopStatus } from './stop-results.ts';

/**
 * supervisord's three stops, drained: each is a stop run of the engine. What has nothing to drain, because it does not
 * run or has no entry in the configuration, is passed on. A client that goes away does not end the run.
 *
 * The sidecar itself is not stopped here: nobody would be left to answer, neither to this call nor to the start that
 * follows it in a restart. Its standby is supervisord's to stop.
 */
export class Stops {
  readonly #engine: Engine;
  /** What was asked for and has not ended. */
  readonly #pending = new Set<PendingStop>();

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  readonly stopProcess: FrontMethod = async (params, { signal }) => {
    const given = nameAndWait(params);
    if (given === undefined) return passOn;
    const { group, process } = splitNamespec(given.name);
    if (process === undefined) return this.#stopGroup(group, given.wait, signal);
    const snapshot = await this.#look();
    const info = snapshot?.infos.find((candidate) => candidate.group === group && candidate.name === process);
    if (snapshot !== undefined && info !== undefined && answersHere(info, snapshot)) throw this.#notHere(info);
    if (snapshot === undefined || info === undefined || !this.#isDrained(info, snapshot)) return passOn;
    const result = await this.#stop([info.fullName], [info], snapshot, given.wait, signal);
    const fault = result && stopFault(info, given.name, result);
    if (fault !== undefined) throw fault;
    return answerWith(true);
  };

  readonly stopProcessGroup: FrontMethod = async (params, { signal }) => {
    const given = nameAndWait(params);
    return given === undefined ? passOn : this.#stopGroup(given.name, given.wait, signal);
  };

  readonly stopAllProcesses: FrontMethod = async (params, { signal }) => {
    const given = onlyWait(params);
    const snapshot = await this.#look();
    if (given === undefined || snapshot === undefined) return passOn;
    const running = snapshot.infos.filter((info) => isRunning(info) && !isSelf(info, snapshot));
    if (running.length === 0) return answerWith([]);
    return this.#stopMany(['all'], running, snapshot, given.wait, signal);
  };

  async #stopGroup(group: string, wait: boolean, signal: AbortSignal): Promise<FrontAnswer> {
    const snapshot = await this.#look();
    const running = snapshot?.infos.filter((info) => info.group === group && isRunning(info)) ?? [];
    const self = running.find((info) => snapshot !== undefined && answersHere(info, snapshot));
    // Not as a status among others: supervisorctl update would pass over it, and go on to remove the group.
    if (self !== undefined) throw this.#notHere(self);
    if (snapshot === undefined || !running.some((info) => this.#isDrained(info, snapshot))) return passOn;
    return this.#stopMany([`${group}:*`], running, snapshot, wait, signal);
  }

  async #stopMany(
    names: readonly string[],
    running: readonly ProcessInfo[],
    snapshot: Snapshot,
    wait: boolean,
    signal: AbortSignal,
  ): Promise<FrontAnswer> {
    const result = await this.#stop(names, running, snapshot, wait, signal);
    const faultOf = (info: ProcessInfo) => result && stopFault(info, namespec(info), result);
    return answerWith(inSignalOrder(running, snapshot).map((info) => stopStatus(info, faultOf(info))));
  }

  /** Starts the run; its result where the client waits for it. */
  async #stop(
    names: readonly string[],
    stopping: readonly ProcessInfo[],
    snapshot: Snapshot,
    wait: boolean,
    signal: AbortSignal,
  ): Promise<RunDocument | undefined> {
    const leftOut = await this.#engine.leftOut();
    const readyDeadlineMs = (name: string) =>
      programFor(this.#engine.config, name)?.ready?.deadlineMs ?? defaultPolicy.readyDeadlineMs;
    const first = comingBack({ snapshot, leftOut, stopping, readyDeadlineMs });
    if (first.length > 0) await this.#engine.start('start', first, {});
    const run = this.#engine.run(await this.#engine.start('stop', names, {}));
    this.#remember(run, stopping);
    return wait ? run.ended(signal) : undefined;
  }

  #remember(run: Run, stopping: readonly ProcessInfo[]): void {
    const ended = run.ended(new AbortController().signal);
    const pending = { stopping, ended };
    this.#pending.add(pending);
    void ended.finally(() => this.#pending.delete(pending));
  }

  /**
   * Resolves when every stop of these processes that was asked for has ended: a client that did not wait for its stop
   * and now starts the process means it to run afterwards.
   */
  async ended(isMeant: (info: ProcessInfo) => boolean, signal: AbortSignal): Promise<void> {
    const meant = [...this.#pending].filter(({ stopping }) => stopping.some(isMeant));
    await abandonable(Promise.all(meant.map(({ ended }) => ended)), signal);
  }

  /** Undefined where supervisord does not say what it runs: what it says to the call itself is then the answer. */
  async #look(): Promise<Snapshot | undefined> {
    try {
      return await this.#engine.world.refresh();
    } catch (error) {
      if (isDrainctlError(error)) return undefined;
      throw error;
    }
  }

  #notHere(info: ProcessInfo): RpcFault {
    const name = namespec(info);
    const command = `supervisorctl -s ${this.#engine.world.supervisor.url} restart ${name}`;
    const text = `${name} is the listener of drainctl, which answers here, and runs on. Ask supervisord itself: ${command}`;
    return supervisorFault('FAILED', text);
  }

  #isDrained(info: ProcessInfo, snapshot: Snapshot): boolean {
    return isRunning(info) && hasWork(programFor(this.#engine.config, info.fullName)) && !isSelf(info, snapshot);
  }
}

/** A stop run, and what it stops. */
interface PendingStop {
  readonly stopping: readonly ProcessInfo[];
  readonly ended: Promise<unknown>;
}

/** What supervisord calls running, and stops. http://supervisord.org/subprocess.html#process-states */
function isRunning({ state }: ProcessInfo): boolean {
  return state === 'RUNNING' || state === 'STARTING' || state === 'BACKOFF';
}

/** Not the standby: nobody asks that, and it is stopped like any program that has nothing to drain. */
function answersHere(info: ProcessInfo, snapshot: Snapshot): boolean {
  const config = snapshot.configs.get(info.fullName);
  return isRunning(info) && isSelf(info, snapshot) && !(config !== undefined && isStandby(config));
}

function isSelf(info: ProcessInfo, snapshot: Snapshot): boolean {
  return isOurselves(info, snapshot.configs.get(info.fullName));
}

function hasWork(program: ProgramConfig | undefined): boolean {
  return program !== undefined && (program.members.length > 0 || program.inFlight !== undefined);
}
