import type { SidecarConfig } from '../../config/config.ts';
import type { Engine } from '../../drain/engine.ts';
import type { Log } from '../../log.ts';
import { CheckerBook } from '../../pools/checkers.ts';
import type { HealthChecks } from '../../pools/sidecar-services.ts';
import { createHttpServer } from '../../rpc/http-server.ts';
import type { RpcServerLimits } from '../../rpc/limits.ts';
import { monotonicMs } from '../../time.ts';
import { listenAgain } from '../listen-again.ts';
import type { SidecarObserver } from '../observer.ts';
import { answer, type HttpSources } from './answer.ts';
import { HealthBook } from './health-book.ts';
import { Metrics } from './metrics.ts';
import { Shared } from './shared.ts';

/** A scrape waits no longer for pools and probes; Prometheus itself gives up after 10 s. */
const measureLimitMs = 3_000;

/** However many scrape, pools and probes are asked at most this often. */
const measurementsAreFreshMs = 1_000;

/** How far back is looked for the latest run of each action. */
const rememberedRuns = 500;

/** supervisord waits for the sidecar to end; answers that are under way then have this long. */
const lastAnswersMs = 100;

const mostConnections = 1_024;

/** One load balancer may check hundreds of processes, each on a connection of its own; nobody sends much. */
const limits: Partial<RpcServerLimits> = {
  maxConnectionsPerClient: 512,
  headersTimeoutMs: 5_000,
  requestTimeoutMs: 5_000,
  idleTimeoutMs: 60_000,
  sendTimeoutMs: 10_000,
};

/** The health endpoints and the metrics of a sidecar. */
export interface HttpSide {
  /** To be told all that is counted. */
  readonly observer: SidecarObserver;
  /** Who has asked for which health. */
  readonly healthChecks: HealthChecks;
  /** Answers requests from now on. To be closed last: while the gate is held, load balancers are told to send no more. */
  serve(engine: Pick<Engine, 'view' | 'measure' | 'getHistory'>): { close(): Promise<void> };
}

/**
 * What is served at `sidecar.http`, over at most `maxConnections` at a time. An address that can't be had is tried again;
 * the sidecar works without.
 */
export function createHttpSide(
  address: NonNullable<SidecarConfig['http']>,
  log: Log,
  maxConnections: number = mostConnections,
): HttpSide {
  const metrics = new Metrics();
  const checkers = new CheckerBook(monotonicMs());
  let health: HealthBook | undefined;
  const observer: SidecarObserver = {
    onRunEnded: (run) => metrics.onRunEnded(run),
    onPoolFailure: (failure) => metrics.onPoolFailure(failure),
    onEvent(event) {
      metrics.onEvent(event);
      if (event.kind === 'process_state') health?.learn(event);
    },
    onEventsLost: (lost) => metrics.onEventsLost(lost),
    onReconciled: (succeeded) => metrics.onReconciled(succeeded),
  };

  return {
    observer,
    healthChecks: checkers,
    serve(engine) {
      const book = new HealthBook(() => engine.view());
      health = book;
      const measurements = new Shared(measurementsAreFreshMs, () => engine.measure(measureLimitMs));
      const scrape = async () => {
        const measured = await measurements.get();
        const text = await metrics.write({ view: engine.view(), measurements: measured, nowMs: monotonicMs() });
        return { type: metrics.contentType, text };
      };
      const onAnswered: HttpSources['onAnswered'] = (process, remoteAddress, told) =>
        checkers.note(process, remoteAddress, told, monotonicMs());
      const server = createHttpServer({
        handle: (exchange) => answer(exchange, { health: book, onAnswered, scrape }),
        log,
        limits: { ...limits, maxConnections: Math.min(maxConnections, mostConnections) },
      });
      const ending = new AbortController();
      const listening = listenAgain(server, () => address, 'health and metrics', log, ending.signal);
      // In the background: a disk that hangs must hold up nothing.
      void engine.getHistory(rememberedRuns).then((runs) => metrics.remember(runs));
      return {
        async close() {
          ending.abort();
          await listening;
          await server.close(lastAnswersMs);
        },
      };
    },
  };
}
