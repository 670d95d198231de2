import type { Figure, Row } from '../figure.ts';
import { median } from '../statistics.ts';
import { quietMs, startTaskStack } from '../task-stack.ts';
import { drainctl, supervisorctl, timeCommand } from '../time-command.ts';

const processes = 8;
const rounds = 5;
const marginMs = 500;

/** What draining costs where there is nothing to drain. */
export const idleShutdown: Figure = {
  name: 'idle-shutdown',
  summary: `drained shutdown of ${processes} idle processes against supervisorctl stop all plus quiet, median of ${rounds}`,
  async measure() {
    const drained = await startTaskStack({ processes, sidecar: true });
    // `supervisorctl stop all` would stop the sidecar as well.
    const plain = await startTaskStack({ processes, sidecar: false });
    const times = { stop: [] as number[], shutdown: [] as number[], plain: [] as number[] };
    for (let round = 0; round < rounds; round++) {
      times.plain.push(await timeCommand(supervisorctl(plain.supervisord.configFile, 'stop', 'all')));
      times.stop.push(await timeCommand(drainctl(drained.configFile, 'stop', 'all')));
      await timeCommand(supervisorctl(plain.supervisord.configFile, 'start', 'all'));
      await timeCommand(drainctl(drained.configFile, 'start', 'all'));
    }
    for (let round = 0; round < rounds; round++) {
      const stack = await startTaskStack({ processes, sidecar: true });
      times.shutdown.push(await timeCommand(drainctl(stack.configFile, 'shutdown')));
    }
    const { stop, shutdown } = times;
    const against = { what: 'supervisorctl stop all + quiet', value: median(times.plain) + quietMs };
    const bar = { rule: `+ ${marginMs} ms`, atMost: against.value + marginMs };
    return [
      { what: `drainctl stop all, ${processes} idle`, measured: median(stop), unit: 'ms', against, bar },
      { what: 'drainctl shutdown, until supervisord has gone', measured: median(shutdown), unit: 'ms', against, bar },
    ] satisfies Row[];
  },
};
