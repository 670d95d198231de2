import type { Figure, Row } from '../figure.ts';
import { median } from '../statistics.ts';
import { startTaskStack } from '../task-stack.ts';
import { drainctl, supervisorctl, timeInTurn } from '../time-command.ts';

const rounds = 20;
const share = 0.6;

/** `drainctl status` tells more than `supervisorctl status` and must not take longer for it. */
export const status: Figure = {
  name: 'status',
  summary: `drainctl status against supervisorctl status, whole process, median of ${rounds}`,
  async measure() {
    return [...(await compare(4)), ...(await compare(40))];
  },
};

async function compare(processes: number): Promise<Row[]> {
  const { supervisord, configFile, configFileWithoutSidecar } = await startTaskStack({ processes, sidecar: true });
  const times = await timeInTurn(
    {
      sidecar: drainctl(configFile, 'status'),
      alone: drainctl(configFileWithoutSidecar, 'status'),
      supervisorctl: supervisorctl(supervisord.configFile, 'status'),
    },
    rounds,
  );
  const against = { what: 'supervisorctl status', value: median(times.supervisorctl) };
  const bar = { rule: `${share} ×`, atMost: share * against.value };
  return [
    { what: `drainctl status, ${processes} processes`, measured: median(times.sidecar), unit: 'ms', against, bar },
    { what: '  the same without a sidecar', measured: median(times.alone), unit: 'ms', against },
  ];
}
