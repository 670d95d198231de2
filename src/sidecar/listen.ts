import { Console } from 'node:console';
import { existsSync } from 'node:fs';
import type { SidecarConfig } from '../config/config.ts';
import { loadConfig } from '../config/load.ts';
import { unconfiguredWarning } from '../config/unconfigured.ts';
import { Engine } from '../drain/engine.ts';
import { onReloadSignal, onStopSignal } from '../stop-signals.ts';
import { findSupervisor } from '../supervisor/address.ts';
import { createSupervisor } from '../supervisor/client.ts';
import type { SupervisorEvent } from '../supervisor/events.ts';
import { version } from '../version.ts';
import { AgentPorts } from './agent/agent-ports.ts';
import { DamageControl } from './damage-control.ts';
import { followEvents, TickWatch } from './event-loop.ts';
import { hasAgentPort, openFilesLimit, shareFileTable, withinFileTable } from './file-table.ts';
import { Front } from './front/front.ts';
import { refuseOwnAddress } from './front/loop.ts';
import { serveFront } from './front/serve.ts';
import { holdGate, whyStopped } from './gate.ts';
import { forgetGate, markGateHeld } from './gate-mark.ts';
import type { HttpSide } from './http/http-side.ts';
import { createJsonLog, type JsonLog } from './json-log.ts';
import { loadAll } from './load-all.ts';
import type { SidecarObserver } from './observer.ts';
import { outliveBugs } from './outlive-bugs.ts';
import { Reconciler } from './reconciler.ts';
import { Reloader } from './reloader.ts';

const tickIntervalMs = 5_000;
const ticksMissedAtMost = 12;

/** Somebody who follows a run may have gone; the sidecar, and with it supervisord, waits no longer than this. */
const resultLimitMs = 1_000;

/** What `drainctl listen` is started with. */
export interface ListenOptions {
  /** Undefined: $DRAINCTL_CONFIG, or the default file. */
  readonly configFile: string | undefined;
  readonly env: NodeJS.ProcessEnv;
}

/**
 * The sidecar, from its start to its end: answers supervisord's events, serves the API on its socket, and, when
 * supervisord stops, holds the gate. Resolves with the exit status.
 */
export async function listen(options: ListenOptions): Promise<number> {
  // stdout is the event protocol's: whatever a library prints goes to stderr.
  globalThis.console = new Console(process.stderr);
  const config = await loadConfig(options.configFile, { env: options.env });
  const log = createJsonLog(config.log.level);
  outliveBugs(log);
  // What an earlier sidecar has held says nothing of what this one will. In the background: a disk may hang.
  void forgetGate(config.stateDir);
  // What can't be loaded now is tried again when it is needed.
  await loadAll().catch(() => {});
  const { endpoint, source } = findSupervisor(config.supervisor, options.env, existsSync);
  refuseOwnAddress(endpoint, source, config.sidecar);
  const openFiles = openFilesLimit();
  const shares = shareFileTable(openFiles ?? Number.POSITIVE_INFINITY, config.sidecar, hasAgentPort(config));
  const http = await loadHttpSide(config.sidecar, shares.http, log);
  const observer = http?.observer;
  const supervisor = createSupervisor(endpoint);
  const agentChecks = new AgentPorts(log, shares.agents);
  const lent = { healthChecks: http?.healthChecks, agentChecks };
  const engine = new Engine({ config, supervisor, log, isSidecar: true, observer, lent });
  const reloader = new Reloader({ engine, log, configFile: options.configFile, env: options.env });
  const sidecar = new Sidecar({ engine, log, reloader, observer });
  const front = new Front({ engine, config, endpoint, log });
  const servers = serveFront({ sidecar: withinFileTable(config, openFiles, log), handle: front.handle, log });
  const httpServer = http?.serve(engine);
  log.info(`drainctl ${version} listens`, {
    config: config.file,
    supervisor: endpoint.url,
    socket: config.sidecar.socket,
  });
  if (config.file === '') log.warn(unconfiguredWarning);
  try {
    const exitStatus = await sidecar.run();
    front.close();
    await servers.close();
    await sidecar.lookOnceMore();
    return exitStatus;
  } finally {
    await servers.close();
    await httpServer?.close();
    engine.close();
    agentChecks.close();
    await log.flush();
  }
}

/** Loaded only where it is wanted: without it the sidecar is smaller. */
async function loadHttpSide(
  sidecar: SidecarConfig,
  maxConnections: number,
  log: JsonLog,
): Promise<HttpSide | undefined> {
  if (sidecar.http === undefined) return undefined;
  const { createHttpSide } = await import('./http/http-side.ts');
  return createHttpSide(sidecar.http, log, maxConnections);
}

/** What a listener process is made of. */
interface SidecarParts {
  readonly engine: Engine;
  readonly log: JsonLog;
  readonly reloader: Reloader;
  readonly observer: SidecarObserver | undefined;
}

/** The listener process while it lives. */
class Sidecar {
  readonly #engine: Engine;
  readonly #log: JsonLog;
  readonly #reloader: Reloader;
  readonly #observer: SidecarObserver | undefined;
  readonly #reconciler: Reconciler;
  readonly #damage: DamageControl;
  readonly #ending = new AbortController();
  readonly #ticks: TickWatch;
  /** supervisord started us; when it has gone, somebody else is our parent. */
  readonly #supervisordPid = process.ppid;
  #exitStatus = 0;
  #hasHeldGate = false;
  #stop: Promise<void> | undefined;

  constructor({ engine, log, reloader, observer }: SidecarParts) {
    this.#engine = engine;
    this.#log = log;
    this.#reloader = reloader;
    this.#observer = observer;
    this.#reconciler = new Reconciler(engine, log, (succeeded) => observer?.onReconciled(succeeded));
    this.#damage = new DamageControl(engine, log, this.#supervisordPid);
    this.#ticks = new TickWatch(tickIntervalMs, ticksMissedAtMost, (error) => {
      log.error(error.toText(), { code: error.code });
      this.#exitStatus = 1;
      this.#ending.abort();
    });
  }

  async run(): Promise<number> {
    onReloadSignal(() => this.#onReloadSignal());
    onStopSignal((signal) => this.#onStopSignal(signal));
    this.#reconciler.request();
    await followEvents({
      input: process.stdin,
      output: process.stdout,
      log: this.#log,
      onEvent: (event) => this.#onEvent(event),
      onLoss: (lost) => this.#onLoss(lost),
      signal: this.#ending.signal,
    });
    this.#ticks.stop();
    this.#damage.stop();
    // Without an abort of ours it was supervisord that closed the input, by ending.
    const hasGone = !this.#ending.signal.aborted;
    if (hasGone) this.#log.warn('supervisord has gone; the listener ends');
    this.#engine.endAll(hasGone ? 'supervisord gone' : 'cancelled');
    await this.#stop;
    await this.#engine.idle();
    // Who waits for a shutdown asks for its result in the very moment that we end.
    await this.#engine.resultsTaken(resultLimitMs);
    return this.#exitStatus;
  }

  /**
   * supervisord signals a listener once: where it began to stop as a whole while we were winding up, nobody tells us,
   * and it waits for us all the same.
   */
  async lookOnceMore(): Promise<void> {
    if (!this.#hasHeldGate && this.#supervisordLives()) await this.#stopInOrder('before the end');
  }

  #supervisordLives(): boolean {
    return process.ppid === this.#supervisordPid;
  }

  #onEvent(event: SupervisorEvent): void {
    this.#observer?.onEvent(event);
    this.#engine.hear(event);
    if (event.kind === 'process_state') this.#damage.onEvent(event);
    if (event.kind === 'tick') this.#ticks.tick();
    if (event.kind === 'process_group') this.#engine.world.forgetConfigs();
    if (event.kind === 'tick' || event.kind === 'process_state' || event.kind === 'process_group')
      this.#reconciler.request();
  }

  #onLoss(lost: number): void {
    const hint = 'raise buffer_size of [eventlistener:drain] if this comes back';
    this.#observer?.onEventsLost(lost);
    this.#log.warn(`supervisord dropped ${lost} events; ${hint}`, { lost });
    void this.#damage.lookForLosses();
    this.#reconciler.request();
  }

  /** What begins after the gate is another sidecar's, which reads the file itself. */
  #onReloadSignal(): void {
    if (this.#stop !== undefined) {
      this.#log.info('SIGHUP: the configuration is not reloaded, for this listener is ending');
      return;
    }
    // What could not go back may go back now.
    void this.#reloader.request().then(() => this.#reconciler.request());
  }

  /** The first signal decides; later ones change nothing. */
  #onStopSignal(signal: NodeJS.Signals): void {
    if (this.#stop !== undefined) {
      this.#log.info(`${signal} again: still draining`);
      return;
    }
    // A supervisord that is stopping may send no more events; that is no reason to end.
    this.#ticks.stop();
    this.#stop = this.#stopInOrder(signal).finally(() => this.#ending.abort());
  }

  async #stopInOrder(occasion: string): Promise<void> {
    const reason = await whyStopped(this.#engine.world.supervisor, this.#log, () => this.#supervisordLives());
    this.#log.info(`${occasion}: ${reason}`);
    // It may be stopped together with everything else ("supervisorctl stop all"), and then hears of nothing any more.
    if (reason === 'only the listener stops') await this.#damage.lookForLosses();
    if (reason !== 'supervisord stops') return;
    this.#hasHeldGate = true;
    const outcome = await holdGate(this.#engine, this.#log);
    if (outcome === 'done' || outcome === 'cut') await markGateHeld(this.#engine.config.stateDir);
  }
}
