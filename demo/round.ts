import { execa } from 'execa';
import { sleep } from '../src/time.ts';
import { builtDrainctl } from '../test/support/drainctl.ts';
import type { Load } from '../test/support/load.ts';
import { type Stack, startStack } from '../test/support/stack.ts';
import type { Row } from './table.ts';

/** How one shutdown of the demo is done. */
export interface Round {
  /** Its row in the table. */
  readonly name: string;
  /** What a person would type. */
  readonly command: string;
  /** With drainctl installed as supervisord's event listener. */
  readonly sidecar: boolean;
  /** Shuts supervisord down. */
  readonly shutdown: (stack: Stack) => Promise<void>;
}

/** supervisord as it comes. */
export const plainRound: Round = {
  name: 'plain',
  command: 'supervisorctl shutdown',
  sidecar: false,
  async shutdown(stack) {
    const { stdout } = await stack.supervisord.ctl(['shutdown']);
    console.log(`   ${stdout}`);
  },
};

/** The same with drainctl. */
export const drainedRound: Round = {
  name: 'drained',
  command: 'drainctl shutdown',
  sidecar: true,
  async shutdown(stack) {
    await execa(process.execPath, [builtDrainctl(), 'shutdown'], {
      env: { DRAINCTL_CONFIG: stack.configFile },
      stdio: ['ignore', 'inherit', 'inherit'],
      timeout: 30_000,
    });
  },
};

/** Sends requests, shuts supervisord down in the middle of them, and says what came of them. */
export async function runRound(round: Round): Promise<Row> {
  console.log(`\n${round.name}: $ ${round.command}`);
  const stack = await startStack({ sidecar: round.sidecar });
  const load = stack.startLoad();
  const ticker = setInterval(() => console.log(progress(load)), 1_000);
  try {
    await sleep(2_500);
    const startedAt = performance.now();
    console.log(`   shutting down supervisord with ${await inFlight(stack)} requests in flight`);
    await round.shutdown(stack);
    await stack.supervisord.waitForExit();
    const seconds = (performance.now() - startedAt) / 1_000;
    console.log(`   supervisord has gone after ${seconds.toFixed(1)} s; the peer goes on`);
    await sleep(1_500);
    const { requests, failed, failures } = await load.stop();
    return { name: round.name, requests, failed, seconds, failures };
  } finally {
    clearInterval(ticker);
    await stack.close();
  }
}

function progress({ result }: Load): string {
  return `   ${String(result.requests).padStart(5)} requests, ${result.failed} failed`;
}

/** Requests that HAProxy has at supervisord's processes now. */
async function inFlight(stack: Stack): Promise<number> {
  const csv = await stack.haproxy.command('show stat app 4 -1');
  const [header = '', ...lines] = csv.trim().split('\n');
  const columns = header.split(',');
  const ours = lines
    .map((line) => line.split(','))
    .filter((cells) => cells[columns.indexOf('svname')]?.startsWith('web_'));
  return ours.reduce((sum, cells) => sum + Number(cells[columns.indexOf('scur')]), 0);
}
