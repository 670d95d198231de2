import { renameSync, rmSync, symlinkSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { waitForServerOut, waitForStep } from '../../support/acceptance.ts';
import { killProcess, waitForState } from '../../support/damage.ts';
import { freePort } from '../../support/free-port.ts';
import type { RunningProcess } from '../../support/processes.ts';
import { refusingGuard } from '../../support/refusing-guard.ts';
import type { Stack, StackOptions } from '../../support/stack.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { webCommand } from '../../support/web-server.ts';

/** A process of `web` that goes wrong in a `drainctl restart all`, and what must come of it. */
export interface ProcessFault {
  readonly name: string;
  /** For the stack; what it says of programs is added to the group `web` of two processes. */
  options?(): Promise<StackOptions> | StackOptions;
  /** Before all else. */
  before?(stack: Stack): Promise<void>;
  /** Before the run: web_00 is out when it resolves. Without it web_00 has work in flight, which is released after `act`. */
  prepare?(stack: Stack): Promise<void>;
  /** While web_00 drains. */
  act?(stack: Stack, restart: RunningProcess): Promise<void>;
  /** `act` cuts off what another process works on: no requests until then. */
  readonly loadAfterAct?: boolean;
  readonly exitCode: number;
  /** Of each process, in the order of the run. */
  readonly outcomes: readonly string[];
  /** What the report and the history say. */
  readonly says: RegExp;
  /** Every SIGTERM that a web process got, with what was in flight then. */
  readonly stops: readonly string[];
  /** Servers that stay out of HAProxy; all others are UP at the end. */
  readonly out?: readonly string[];
}

/** Keys of a program that has Node load one of test/fixtures/faults first. */
function preloaded(file: string, variables: Readonly<Record<string, string>> = {}) {
  const path = fileURLToPath(new URL(`../../fixtures/faults/${file}`, import.meta.url));
  const others = Object.entries(variables).map(([name, value]) => `,${name}="${value}"`);
  return { environment: `NODE_OPTIONS="--import ${path}"${others.join('')}` };
}

/** A group that is restarted before `web`, and whose program the test can take away. */
async function removable(): Promise<{ readonly options: StackOptions; remove(): void }> {
  const directory = temporaryDirectory();
  const node = directory.file('node');
  symlinkSync(process.execPath, node);
  const port = await freePort();
  const command = webCommand(['--port', `${port}`, '--name', 'first']).replace(process.execPath, node);
  return {
    options: {
      programs: [{ name: 'first', command, priority: 1_000 }],
      haproxy: { extraBackend: `server first 127.0.0.1:${port} check` },
    },
    remove: () => renameSync(node, directory.file('gone')),
  };
}

const done = ['done', 'done'] as const;
const bothIdle = ['web_00 with 0', 'web_01 with 0'] as const;

/** In the short form. */
export const commonFaults: readonly ProcessFault[] = [
  {
    name: 'killed with -9 while it drains, and not started again',
    options: () => ({ program: { autorestart: 'false' } }),
    act: (stack) => killProcess(stack, 'web:web_00'),
    exitCode: 3,
    outcomes: ['cut', 'done'],
    says: /web:web_00 ended by itself with an unknown amount of work unfinished/,
    stops: ['web_01 with 0'],
  },
  {
    name: 'ignores SIGTERM until SIGKILL',
    options: () => ({ webArgs: ['--ignore-term'], program: { stopwaitsecs: 2 } }),
    exitCode: 0,
    outcomes: done,
    says: /web:web_00 was stopped; it did not end within its stopwaitsecs \(2 s\), and supervisord killed it/,
    stops: bothIdle,
  },
  refusesToStart(),
];

function refusesToStart(): ProcessFault {
  const guard = refusingGuard();
  return {
    name: 'exits at once when it is started again',
    options: () => ({ webUnder: guard.under, program: { startretries: 0, startsecs: 3 } }),
    act: async () => guard.refuse(),
    exitCode: 1,
    outcomes: ['failed', 'untouched'],
    says: /web:web_00 did not start: supervisord says FATAL .* It stays out of its pools.*Not touched: web:web_01/s,
    stops: ['web_00 with 0'],
    out: ['web_00'],
  };
}

/** Only in the soak. */
export const rareFaults: readonly ProcessFault[] = [
  {
    name: 'killed with -9 while it drains, and started again by supervisord',
    async act(stack, restart) {
      await killProcess(stack, 'web:web_00');
      await waitForStep(restart, /web:web_00 ended by itself while draining, and was started anew/);
      await waitForStep(restart, /web:web_00 draining: 1 in flight/, 2);
    },
    exitCode: 3,
    outcomes: ['cut', 'done'],
    says: /web:web_00 ended by itself with an unknown amount of work unfinished/,
    stops: bothIdle,
  },
  {
    name: 'stopped by another client while it drains',
    act: async (stack) => void (await stack.supervisord.ctl(['stop', 'web:web_00'])),
    exitCode: 3,
    outcomes: ['cut', 'done'],
    says: /web:web_00 ended by itself with an unknown amount of work unfinished/,
    stops: bothIdle,
  },
  {
    name: 'the next one stopped by another client',
    async act(stack) {
      await stack.supervisord.ctl(['stop', 'web:web_01']);
      await waitForServerOut(stack.haproxy, 'web_01');
    },
    loadAfterAct: true,
    exitCode: 0,
    outcomes: done,
    says: /web:web_01 ended by itself while it drained; nothing was seen in flight then/,
    stops: ['web_01 with 0', 'web_00 with 0'],
  },
  {
    name: 'becomes ready late',
    options: () => ({ webArgs: ['--ready-delay', '3000'] }),
    exitCode: 0,
    outcomes: done,
    says: /restart done: 2 of 2 processes; nothing was cut off/,
    stops: bothIdle,
  },
  {
    name: 'leaves a daemon behind',
    options: () => ({ program: preloaded('beside.mjs') }),
    exitCode: 0,
    outcomes: done,
    says: /restart done/,
    stops: bothIdle,
  },
  {
    name: 'leaves a child behind that keeps its port',
    options: () => ({ program: { startretries: 0, startsecs: 3, ...preloaded('beneath.mjs') } }),
    exitCode: 1,
    outcomes: ['failed', 'untouched'],
    says: /web:web_00 did not start: supervisord says FATAL .* It stays out of its pools/,
    stops: [],
    out: ['web_00'],
  },
  {
    name: 'has a child that stopasgroup stops',
    options: () => ({ program: { stopasgroup: 'true', killasgroup: 'true', ...preloaded('beneath.mjs') } }),
    exitCode: 0,
    outcomes: done,
    says: /restart done/,
    stops: bothIdle,
  },
  {
    name: 'is STARTING when the run begins',
    options: () => ({ program: { startsecs: 4 } }),
    async prepare(stack) {
      await stack.drainctl(['stop', 'web:web_00']);
      void stack.supervisord.ctl(['start', 'web:web_00']);
      await waitForState(stack, 'web:web_00', 'STARTING');
    },
    exitCode: 0,
    outcomes: done,
    says: /restart done/,
    stops: ['web_00 with 0', ...bothIdle],
  },
  {
    name: 'is STOPPING when the run begins',
    options: () => ({ webArgs: ['--ignore-term'], program: { stopwaitsecs: 6 } }),
    async prepare(stack) {
      void stack.supervisord.ctl(['stop', 'web:web_00']);
      await waitForServerOut(stack.haproxy, 'web_00');
    },
    exitCode: 0,
    outcomes: done,
    says: /web:web_01 was stopped; it did not end within its stopwaitsecs \(6 s\)/,
    stops: bothIdle,
  },
  isInBackoff(),
  {
    name: 'stopped when the run begins, and started by another client meanwhile',
    options: () => ({ programs: [{ name: 'last', command: 'sleep 3600', priority: 1 }] }),
    before: async (stack) => void (await stack.supervisord.ctl(['stop', 'last'])),
    act: async (stack) => void (await stack.supervisord.ctl(['start', 'last'])),
    exitCode: 0,
    outcomes: ['done', 'done', 'done'],
    says: /restart done: 3 of 3 processes/,
    stops: bothIdle,
  },
  spawnFails(),
  isRemoved(),
];

function isInBackoff(): ProcessFault {
  const directory = temporaryDirectory();
  const file = directory.file('refuse');
  return {
    name: 'is in BACKOFF when the run begins',
    options: () => ({ program: { startretries: 100, ...preloaded('refuse.mjs', { DRAINCTL_TEST_REFUSE: file }) } }),
    async prepare(stack) {
      directory.write('refuse', '');
      await killProcess(stack, 'web:web_00');
      await waitForState(stack, 'web:web_00', 'BACKOFF');
    },
    async act(_, restart) {
      await waitForStep(restart, /web:web_00 stopped/);
      rmSync(file);
    },
    exitCode: 0,
    outcomes: done,
    says: /restart done/,
    stops: ['web_01 with 0'],
  };
}

function spawnFails(): ProcessFault {
  let remove = () => {};
  return {
    name: 'its program is gone when it is started again',
    async options() {
      const first = await removable();
      remove = first.remove;
      return {
        ...first.options,
        config: (config) => ({
          ...config,
          programs: { ...config.programs, first: { members: [{ pool: 'lb', server: 'app/first' }] } },
        }),
      };
    },
    async prepare() {
      remove();
    },
    exitCode: 1,
    outcomes: ['failed', 'untouched', 'untouched'],
    says: /supervisord could not start first:first: NO_FILE/,
    stops: [],
    out: ['first'],
  };
}

function isRemoved(): ProcessFault {
  return {
    name: 'its group is removed during the run',
    options: () => ({ programs: [{ name: 'last', command: 'sleep 3600', priority: 1 }] }),
    async act(stack) {
      await stack.supervisord.ctl(['stop', 'last']);
      await stack.supervisord.ctl(['remove', 'last']);
    },
    exitCode: 1,
    outcomes: ['done', 'done', 'failed'],
    says: /supervisord has no process last:last/,
    stops: bothIdle,
  };
}
