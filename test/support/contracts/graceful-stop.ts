import { setTimeout as delay } from 'node:timers/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { spawnDrainctl, writeConfig } from '../drainctl.ts';
import { type Downloads, startDownloads, whole } from '../graceful/downloads.ts';
import { endProgramsWith } from '../graceful/end-programs.ts';
import { type Way, ways } from '../graceful/ways.ts';
import { request } from '../http.ts';
import type { IniSection } from '../ini.ts';
import { type Supervisord, startSupervisord } from '../supervisord.ts';
import { supervisorSocket } from '../supervisord-config.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../temporary-directory.ts';
import { waitFor } from '../wait-for.ts';

/** A real server as a program of supervisord, whose files lie in a directory of its own. */
export interface GracefulServer {
  readonly command: string;
  /** `http://127.0.0.1:PORT`; it passes on `/download/…` and `/ready` to the backend. */
  readonly url: string;
  /** The item of `in_flight` that counts its requests. */
  readonly probe: object;
  /** The step that ends it gracefully. */
  readonly step: object;
}

/** A server that can be stopped gracefully, by supervisord's own stop signal or by a step. */
export interface GracefulKind {
  /** Writes the configuration of one; it is not started. `bySignal` says in which of the two ways it will be stopped. */
  make(directory: TemporaryDirectory, backendPort: number, bySignal: boolean): Promise<GracefulServer>;
  /** Keys of its section where supervisord's stop signal is the graceful one. */
  readonly section: IniSection;
}

/** At least so long is a download. */
const downloadMs = 5_000;

/** How a restart under a download went. */
interface Outcome {
  readonly download: string;
  readonly exitCode: number | null;
  readonly said: string;
}

/**
 * Shows that a restart of this server cuts off no download of 5 s, in each of the ways to stop it. The ways go side by side:
 * each has a server and a drainctl of its own.
 */
export function describeGracefulStop(name: string, kind: GracefulKind): void {
  describe(`${name}, restarted with a download of 5 s in flight, lets it end`, () => {
    let supervisord: Supervisord;
    const outcomes = new Map<string, Outcome>();

    beforeAll(async () => {
      const downloads = await startDownloads();
      const directory = temporaryDirectory();
      const servers = await Promise.all(
        Object.entries(ways).map(async ([program, way]) => {
          const own = temporaryDirectory();
          const server = await kind.make(own, downloads.port, way.bySignal);
          return { program, way, server, config: writeConfig(own, configOf(program, server, way, directory)) };
        }),
      );
      supervisord = await startSupervisord({
        directory,
        programs: servers.map(({ program, way, server: { command } }) => ({
          ...{ name: program, command, startsecs: 0, stopwaitsecs: 50 },
          ...(way.bySignal ? kind.section : {}),
        })),
      });
      endProgramsWith(supervisord);
      const restarts = servers.map(async ({ program, way, server: { url }, config }) => {
        outcomes.set(program, await restart({ program, way, url, config }, supervisord, downloads));
      });
      await Promise.all(restarts);
    }, 240_000);

    const cases = Object.entries(ways).map(([program, way]) => [way.title, program, way] as const);
    test.each(cases)('%s', (_, program, { exitCode }) => {
      const outcome = outcomes.get(program);
      const said = outcome?.exitCode === exitCode ? '' : outcome?.said;
      expect({ ...outcome, said }).toEqual({ download: whole, exitCode, said: '' });
    });

    test('and is never killed', () => {
      const lines = supervisord.log().split('\n');
      expect(lines.filter((line) => line.includes('SIGKILL'))).toEqual([]);
    });
  });
}

function configOf(program: string, { url, probe, step }: GracefulServer, way: Way, directory: TemporaryDirectory) {
  const polling = { poll: '200ms', ready: { http: `${url}/ready` } };
  return {
    supervisor: { url: `unix://${supervisorSocket(directory)}` },
    sidecar: { socket: directory.file(`${program}.sock`) },
    state_dir: directory.file(`state-${program}`),
    programs: { [program]: { in_flight: [probe], ...polling, ...way.program(step) } },
  };
}

interface Lane {
  readonly program: string;
  readonly way: Way;
  readonly url: string;
  readonly config: string;
}

/** Restarts the program with a download half-way, and lets the download go on once the stop is under way and it has lasted long enough. */
async function restart(lane: Lane, supervisord: Supervisord, downloads: Downloads): Promise<Outcome> {
  const { program, way, url, config } = lane;
  const isReady = async () => (await request(`${url}/ready`)).status === 200;
  await waitFor(isReady, { what: `an answer of ${program}`, timeoutMs: 60_000 });
  const download = await downloads.begin(program, url);
  const longEnough = delay(downloadMs);
  const restarting = spawnDrainctl(['restart', program], { config, mark: supervisord.directory.path });
  const isUnderWay = async () => {
    if (!restarting.running) return true;
    return way.isUnderWay(restarting, (await supervisord.states()).get(`${program}:${program}`));
  };
  await waitFor(isUnderWay, { what: `the stop of ${program} to be under way`, timeoutMs: 60_000 });
  await longEnough;
  download.release();
  const { code } = await restarting.exited;
  return { download: await download.end, exitCode: code, said: restarting.stdout + restarting.stderr };
}
