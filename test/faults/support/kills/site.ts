import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JournalContent } from '../../../../src/drain/journal-file.ts';
import { sidecarPid, startSteadyLoad } from '../../../support/acceptance.ts';
import { request } from '../../../support/http.ts';
import type { Load } from '../../../support/load.ts';
import { type MarkedProcess, markedProcesses, signalProcess } from '../../../support/marked-processes.ts';
import { type RunningProcess, startProcess } from '../../../support/processes.ts';
import { type Stack, startStack } from '../../../support/stack.ts';
import { toolPath } from '../../../support/tools.ts';
import { waitFor } from '../../../support/wait-for.ts';
import { webProgram } from '../../../support/web-server.ts';
import { StepWatch } from './steps.ts';

/** What a person has drained before anything else happens; it must stay out whatever is killed. */
export const heldName = 'web:web_02';

/** What the operations work on. */
export const workedOn: readonly string[] = ['web:web_00', 'web:web_01'];

/** What systemd gives to ExecStop= and ExecStopPost= of a supervisord that was killed with SIGKILL. */
const afterCrash = { SERVICE_RESULT: 'signal', EXIT_CODE: 'killed', EXIT_STATUS: 'KILL' };

const step = { step: 'exec', command: ['/bin/true'] };

/** Three web processes behind HAProxy under load, one of them on hold; its supervisord can be started again. */
export class Site {
  readonly stack: Stack;
  readonly steps: StepWatch;
  readonly load: Load;
  #supervisord: RunningProcess;

  private constructor(stack: Stack, steps: StepWatch, load: Load) {
    this.stack = stack;
    this.steps = steps;
    this.load = load;
    this.#supervisord = stack.supervisord.process;
  }

  static async start(): Promise<Site> {
    const steps = new StepWatch();
    const stack = await startStack({
      processes: 3,
      // RUNNING at once; that it is ready is for its ready check to say.
      program: { startsecs: 0 },
      standby: true,
      listener: { environment: steps.environmentLine },
      config: (config) => ({
        ...config,
        defaults: { deadline: '20s', quiet: '100ms', poll: '50ms' },
        // A step of each moment, so that kills come before and after these as well.
        programs: { web: { ...config.programs.web, before_stop: [step], after_drain: [step] } },
      }),
    });
    steps.name([
      [stack.stateDir, 'state_dir'],
      [stack.supervisord.socketPath, 'supervisord'],
      [stack.haproxy.socketPath, 'HAProxy'],
      [stack.sidecarUrl.slice('unix://'.length), 'sidecar'],
      [stack.directory.path, 'run_dir'],
      ...stack.webPorts.map((port, index) => [`127.0.0.1:${port}`, `web_0${index}`] as const),
    ]);
    const load = await startSteadyLoad(stack, { connections: 10, path: '/?ms=100' });
    const { exitCode, stdout, stderr } = await stack.drainctl(['drain', heldName, '--reason', 'a person wants it out']);
    if (exitCode !== 0) throw new Error(`the drain of ${heldName} ended with ${exitCode}: ${stdout}${stderr}`);
    return new Site(stack, steps, load);
  }

  get supervisordPid(): number {
    return this.#supervisord.pid;
  }

  get supervisordLives(): boolean {
    return this.#supervisord.running;
  }

  /** What is on the disk. */
  readonly journal = (): JournalContent => {
    const file = join(this.stack.stateDir, 'journal.json');
    return JSON.parse(readFileSync(file, 'utf8')) as JournalContent; // as: drainctl's own file, of this version
  };

  /** Starts supervisord again after its end, as the service manager does. */
  async startSupervisordAgain(): Promise<void> {
    const { signal } = await this.#supervisord.exited;
    // Nobody has stopped what it ran.
    if (signal === 'SIGKILL') await this.#clearAfterKill();
    const { configFile, directory } = this.stack.supervisord;
    this.#supervisord = startProcess(toolPath('supervisord'), ['--nodaemon', '--configuration', configFile], {
      mark: directory.path,
    });
  }

  /** Stops the sidecar and leaves it stopped. */
  async stopSidecar(): Promise<void> {
    const pid = await sidecarPid(this.stack);
    await this.stack.supervisord.ctl(['stop', 'drain']);
    await waitFor(() => !signalProcess(pid, 0), { what: 'the end of the sidecar' });
  }

  async close(): Promise<void> {
    await this.load.close();
    await this.stack.close();
  }

  /**
   * With KillMode=mixed systemd runs ExecStop= and then kills the control group. It does not wait in between; we do, until
   * what is out has answered its last request: what that kill cuts off is not what is to be shown here.
   */
  async #clearAfterKill(): Promise<void> {
    const { exitCode, stdout, stderr } = await this.stack.drainctl(['shutdown'], { env: afterCrash });
    const out = await this.stack.haproxy.serversOut();
    const stillIn = this.stack.webNames.filter((name) => !out.includes(name.slice('web:'.length)));
    if (exitCode !== 0 || stillIn.length > 0)
      throw new Error(`shutdown after the kill ended with ${exitCode}, ${stillIn} in: ${stdout}${stderr}`);
    await Promise.all(this.stack.webPorts.map((port) => untilIdle(port)));
    await waitFor(
      () => {
        for (const { pid } of this.#orphans()) signalProcess(pid, 'SIGKILL');
        return this.#orphans().length === 0;
      },
      { what: 'the end of what supervisord ran' },
    );
  }

  /** What supervisord started; not a command, which is somebody else's. */
  #orphans() {
    const isOurs = ({ pid, command }: MarkedProcess) =>
      pid !== this.stack.peer?.pid && (command.includes(webProgram) || / (?:listen|standby) --config /.test(command));
    return markedProcesses(this.stack.directory.path).filter(isOurs);
  }
}

/** Resolves when the web process on this port has nothing in flight, or does not answer any more. */
async function untilIdle(port: number): Promise<void> {
  const inFlight = async () => {
    try {
      return Number((await request(`http://127.0.0.1:${port}/load`)).body);
    } catch {
      return 0;
    }
  };
  await waitFor(async () => (await inFlight()) === 0, { what: `the end of the work of the orphan on port ${port}` });
}
