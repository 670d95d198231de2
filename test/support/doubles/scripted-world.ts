import * as z from 'zod';
import type { CapacityRule, Config, ProgramConfig } from '../../../src/config/config.ts';
import type { RunAction, RunDocument, RunOptions } from '../../../src/drain/api.ts';
import { Engine } from '../../../src/drain/engine.ts';
import { type JournalContent, readJournalFile } from '../../../src/drain/journal-file.ts';
import { definePool } from '../../../src/pools/pool.ts';
import { defaultRpcServerLimits } from '../../../src/rpc/limits.ts';
import { onCleanUp } from '../cleanup.ts';
import { temporaryDirectory } from '../temporary-directory.ts';
import { type RecordingLog, recordingLog } from './recording-log.ts';
import { ScriptedPool } from './scripted-pool.ts';
import type { ScriptedProbe } from './scripted-probe.ts';
import { ScriptedSupervisor } from './scripted-supervisor.ts';

/** What a {@link ScriptedWorld} is made of. */
export interface WorldOptions {
  /** Such as `web:web_00`; each is a server `app/web_00` of every address. */
  readonly processes: readonly string[];
  /** Default: one. */
  readonly addresses?: readonly string[];
  /** Replaces parts of the one entry of `programs`, which is for all groups. */
  readonly program?: Partial<ProgramConfig>;
  readonly probe?: ScriptedProbe;
  readonly counts?: boolean;
  readonly stateDir?: string;
  /** What `min_available` and `capacity_wait` say. */
  readonly capacity?: CapacityRule;
  /** Servers of `app` that belong to nobody here. */
  readonly peers?: readonly string[];
  /** Another world's pools, for a second host that shares them. */
  readonly shares?: ScriptedWorld;
  /** The sidecar's, which nobody listens on. Default: in a folder that can't be made. */
  readonly socket?: string;
}

/** Pools, a supervisord and a state_dir for engines to work on; all of them in one list of calls. */
export class ScriptedWorld {
  readonly calls: string[] = [];
  readonly supervisor: ScriptedSupervisor;
  readonly pools: readonly ScriptedPool[];
  readonly config: Config;
  readonly log: RecordingLog = recordingLog();

  constructor(options: WorldOptions) {
    const servers = [...options.processes.map((name) => `app/${name.split(':')[1]}`), ...(options.peers ?? [])];
    this.supervisor = new ScriptedSupervisor(options.processes, this.calls);
    const open = (address: string) =>
      new ScriptedPool({ address, servers, calls: this.calls, counts: options.counts ?? true });
    this.pools = options.shares?.pools ?? (options.addresses ?? ['pool-a']).map(open);
    this.config = configOf(this.pools, options);
  }

  /** The only pool, or the first one. */
  get pool(): ScriptedPool {
    const [pool] = this.pools;
    if (pool === undefined) throw new Error('this scripted world has no pool');
    return pool;
  }

  /** An engine on this world, as another drainctl would have it. Its runs end with the test. */
  engine(isSidecar = true): Engine {
    const engine = new Engine({ config: this.config, supervisor: this.supervisor, log: this.log, isSidecar });
    onCleanUp(async () => {
      engine.endAll('supervisord gone');
      await engine.idle();
      await engine.world.settled();
    });
    return engine;
  }

  /** What the journal holds on the disk. */
  journal(): Promise<JournalContent> {
    return readJournalFile(`${this.config.stateDir}/journal.json`);
  }
}

/** Begins a run and resolves with its result. */
export async function runTo(
  engine: Engine,
  action: RunAction,
  names: readonly string[] = [],
  options: RunOptions = {},
): Promise<RunDocument> {
  return engine.begin(action, names, options).ended(AbortSignal.timeout(20_000));
}

function configOf(pools: readonly ScriptedPool[], options: WorldOptions): Config {
  const driver = definePool({
    name: 'scripted',
    summary: 'A pool in memory.',
    reference: 'none',
    options: z.object({}),
    member: z.object({ server: z.string() }),
    example: '',
    label: (member) => member.server,
    open: () => pools,
  });
  const { probe } = options;
  const probeDriver = {
    name: 'scripted',
    summary: '',
    reference: '',
    options: z.object({}),
    example: '',
    open: () => probe ?? { target: 'none', measure: async () => 0 },
  };
  return {
    file: '/scripted/drainctl.yaml',
    supervisor: { url: undefined, username: undefined, password: undefined },
    sidecar: {
      socket: options.socket ?? '/dev/null/drainctl.sock',
      socketMode: 0o700,
      socketOwner: undefined,
      socketGroup: undefined,
      listen: undefined,
      credentials: undefined,
      limits: defaultRpcServerLimits,
      http: undefined,
    },
    stateDir: options.stateDir ?? temporaryDirectory().path,
    log: { level: 'info' },
    pools: new Map([['lb', { name: 'lb', driver, options: {}, capacity: options.capacity }]]),
    programs: [
      {
        pattern: '*',
        members: [{ pool: 'lb', options: { server: 'app/%(process_name)s' } }],
        inFlight: probe === undefined ? undefined : [{ driver: probeDriver, options: {} }],
        beforeStop: [],
        afterDrain: [],
        ready: undefined,
        deadlineMs: 5_000,
        quietMs: 0,
        pollMs: 10,
        settleMs: undefined,
        onDeadline: 'stop',
        onCrash: 'depool',
        stage: undefined,
        maxUnavailable: 1,
        ...options.program,
      },
    ],
  };
}
