import type { RunDocument, StatusDocument } from '../../../src/drain/api.ts';
import { ask, parseServersOut, parseStates } from '../haproxy.ts';
import type { LoadOptions, LoadResult } from '../load.ts';
import { waitFor } from '../wait-for.ts';
import type { StopRecord } from '../web-server.ts';
import { type CommandResult, Container } from './container.ts';
import type { Layer } from './layer.ts';
import { adminSocket, frontend, installServices, machineConfig, stopLog } from './services.ts';
import { installSoftware } from './software.ts';

/** sd-messages.h: SD_MESSAGE_UNIT_STOPPING and SD_MESSAGE_UNIT_STOPPED. */
const stoppingMessage = 'de5b426a63be47a7b6ac3eaac82e2f6f';
const stoppedMessage = '9d1aaa27d60140bd96365438aad20286';

/** What a machine is to have besides its services. */
export interface MachineOptions {
  /** More files by their path inside, such as units. */
  readonly files?: Readonly<Record<string, string>>;
  /** More that is to be there, or to be changed. */
  readonly fill?: (layer: Layer) => void;
  /** Changes the configuration of drainctl before it is written. */
  readonly config?: (config: ReturnType<typeof machineConfig>) => object;
  /** With the listener's section, and so with the sidecar. Default: true. */
  readonly listener?: boolean;
  /** The unit that runs supervisord. Default: Debian's, `supervisor.service`. */
  readonly unit?: string;
}

/** What a load unit wrote down. */
export interface MachineLoad extends LoadResult {
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** Answers with status 2xx by server's name. */
  readonly answers: Readonly<Record<string, number>>;
  /** False where it has not ended in order: what it had out then is not counted. */
  readonly ended: boolean;
}

/** A machine with a systemd, supervisord, HAProxy and drainctl; see {@link installServices}. */
export class Machine {
  readonly container: Container;
  readonly unit: string;

  constructor(container: Container, unit: string) {
    this.container = container;
    this.unit = unit;
  }

  /** Runs a command inside; one that fails is an error. */
  async run(...argv: readonly string[]): Promise<string> {
    const { exitCode, stdout, stderr } = await this.container.run(argv);
    if (exitCode !== 0) throw new Error(`${argv.join(' ')} ended with ${exitCode}:\n${stderr}${stdout}`);
    return stdout;
  }

  /** Runs `systemctl`, whatever it ends with. */
  async systemctl(...args: readonly string[]): Promise<CommandResult> {
    return this.container.run(['systemctl', ...args]);
  }

  /** A property of the unit that runs supervisord, as `systemctl show` has it. */
  async property(name: string, unit = this.unit): Promise<string> {
    return (await this.run('systemctl', 'show', '--value', `--property=${name}`, unit)).trim();
  }

  /** `show stat`'s status by server. */
  async serverStates(): Promise<ReadonlyMap<string, string>> {
    return parseStates(await ask(this.container.inside(adminSocket), 'show stat'));
  }

  /** Waits until every server's status is like this. */
  async waitForServers(status: RegExp, names?: readonly string[]): Promise<void> {
    await waitFor(
      async () => {
        const states = await this.serverStates();
        const others = (names ?? [...states.keys()]).filter((name) => !status.test(states.get(name) ?? ''));
        if (states.size === 0 || others.length > 0) throw new Error(JSON.stringify([...states]));
        return true;
      },
      { what: `all servers to be ${status}`, timeoutMs: 60_000, intervalMs: 50 },
    );
  }

  /** Which servers are out by command (MAINT or DRAIN), whatever their health checks say. */
  async serversOut(): Promise<string[]> {
    return parseServersOut(await ask(this.container.inside(adminSocket), 'show servers state app'));
  }

  /** Waits until all processes run, all servers are UP and the sidecar answers, or none does. */
  async waitForHealthy(withSidecar = true): Promise<void> {
    await this.waitForServers(/^UP$/);
    await waitFor(
      async () => {
        const { sidecar, processes } = await this.status();
        const others = processes.filter(({ state }) => state !== 'RUNNING');
        if (sidecar !== withSidecar || others.length > 0) throw new Error(JSON.stringify({ sidecar, others }));
        return true;
      },
      { what: 'the sidecar and all processes', timeoutMs: 60_000, intervalMs: 100 },
    );
  }

  /** Waits until supervisord's unit is in a state such as `inactive`. */
  async waitForUnit(state: string, limitMs = 60_000): Promise<void> {
    await waitFor(
      async () => {
        const seen = await this.property('ActiveState');
        if (seen !== state) throw new Error(seen);
        return true;
      },
      { what: `${this.unit} to be ${state}`, timeoutMs: limitMs, intervalMs: 50 },
    );
  }

  /** When systemd began to stop a unit, and when it had; milliseconds since 1970, of the last time, from the journal. */
  async stopTimes(unit: string): Promise<{ readonly began: number; readonly ended: number }> {
    return { began: await this.#messageAt(unit, stoppingMessage), ended: await this.#messageAt(unit, stoppedMessage) };
  }

  /** Begins to send requests, and resolves when each server has answered some. */
  async startLoad(name = 'steady', options: Partial<LoadOptions> = {}): Promise<void> {
    const what: LoadOptions = { url: frontend, connections: 40, path: '/?ms=500', ...options };
    await this.container.run(['mkdir', '-p', '/etc/load']);
    await this.container.run(['sh', '-c', `printf %s "$1" >"/etc/load/$0.json"`, name, JSON.stringify(what)]);
    await this.run('systemctl', 'start', `load@${name}`);
  }

  /** Waits until the load has answers of each of these servers. */
  async waitForAnswers(names: readonly string[], load = 'steady'): Promise<void> {
    await waitFor(
      () => {
        const { answers } = this.load(load);
        if (names.every((name) => answers[name] !== undefined)) return true;
        throw new Error(JSON.stringify(answers));
      },
      { what: `answers of ${names.join(', ')}`, timeoutMs: 60_000 },
    );
  }

  /** Ends a load, waits for the answers that are still out, and gives the totals. */
  async stopLoad(name = 'steady'): Promise<MachineLoad> {
    await this.run('systemctl', 'stop', `load@${name}`);
    return this.load(name);
  }

  /** What a load has written down so far, also after the machine has ended. */
  load(name = 'steady'): MachineLoad {
    // as: what test/fixtures/container/load.mjs writes.
    return JSON.parse(this.container.read(`/var/lib/load/${name}.json`)) as MachineLoad;
  }

  /** Every SIGTERM that a web process got. */
  stops(): StopRecord[] {
    const lines = this.container.read(stopLog).split('\n');
    return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as StopRecord); // as: what the web program writes
  }

  /** `drainctl status --json` */
  async status(): Promise<StatusDocument> {
    return JSON.parse(await this.run('drainctl', 'status', '--json')) as StatusDocument; // as: the documented form
  }

  /** `drainctl history --json`, the latest first. */
  async history(): Promise<RunDocument[]> {
    return JSON.parse(await this.run('drainctl', 'history', '--json')) as RunDocument[]; // as: the documented form
  }

  async #messageAt(unit: string, id: string): Promise<number> {
    const lines = await this.container.journal(['--output=json', '--lines=1', `MESSAGE_ID=${id}`, `UNIT=${unit}`]);
    if (lines === '') throw new Error(`the journal has no message ${id} of ${unit}`);
    // When it was said. __REALTIME_TIMESTAMP is when journald came to read it, which on a busy machine is later.
    const { _SOURCE_REALTIME_TIMESTAMP: microseconds } = JSON.parse(lines) as { _SOURCE_REALTIME_TIMESTAMP: string }; // as: journalctl(1)
    return Number(microseconds) / 1_000;
  }

  /** Ends it at once, and removes all of it. */
  async close(): Promise<void> {
    await this.container.close();
  }
}

/** Boots a machine, and resolves when all its services are healthy. */
export async function startMachine(options: MachineOptions = {}): Promise<Machine> {
  const software = await installSoftware();
  const config = machineConfig();
  const withListener = options.listener ?? true;
  const container = new Container((layer) => {
    software(layer);
    installServices(layer, options.config?.(config) ?? config, withListener);
    for (const [path, text] of Object.entries(options.files ?? {})) layer.write(path, text);
    options.fill?.(layer);
  });
  const machine = new Machine(container, options.unit ?? 'supervisor.service');
  await container.boot();
  await machine.waitForHealthy(withListener).catch(async (error: unknown) => {
    const logs = [await container.journal(['--lines=60']), container.read('/var/log/supervisor/drain.log')];
    throw new Error(`${String(error)}\n${logs.join('\n')}`, { cause: error });
  });
  return machine;
}
