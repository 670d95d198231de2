import { request } from '../../test/support/http.ts';
import type { Figure } from '../figure.ts';
import { startFrontedSupervisord } from '../fronted-supervisord.ts';
import { median } from '../statistics.ts';

const processes = 1_000;
const rounds = 20;
const factor = 1.3;

const body =
  '<?xml version="1.0"?><methodCall><methodName>supervisor.getAllProcessInfo</methodName><params/></methodCall>';

/** What a client pays for asking the sidecar instead of supervisord. */
export const front: Figure = {
  name: 'front',
  summary: `status of ${processes} processes through the sidecar against supervisord itself, median of ${rounds} calls in turn`,
  async measure() {
    const { supervisord, sidecar } = await startFrontedSupervisord(processes);
    const direct: number[] = [];
    const through: number[] = [];
    for (let round = 0; round <= rounds; round++) {
      const [one, other] = [await timeCall(supervisord), await timeCall(sidecar)];
      // The first round, which warms both up, does not count.
      if (round === 0) continue;
      if (one.bytes !== other.bytes) throw new Error(`supervisord gave ${one.bytes} bytes, the sidecar ${other.bytes}`);
      direct.push(one.ms);
      through.push(other.ms);
    }
    const against = { what: 'supervisord itself', value: median(direct) };
    return [
      {
        what: `status of ${processes} processes through the sidecar`,
        measured: median(through),
        unit: 'ms',
        against,
        bar: { rule: `${factor} ×`, atMost: factor * against.value },
      },
    ];
  },
};

async function timeCall(socketPath: string): Promise<{ readonly ms: number; readonly bytes: number }> {
  const startedAt = performance.now();
  const answer = await request('http://localhost/RPC2', { socketPath, method: 'POST', body, timeoutMs: 30_000 });
  if (answer.status !== 200) throw new Error(`HTTP ${answer.status}: ${answer.body}`);
  return { ms: performance.now() - startedAt, bytes: Buffer.byteLength(answer.body) };
}
