import { readFileSync } from 'node:fs';
import * as http from 'node:http';
import { beforeAll, describe, expect, test } from 'vitest';
import { noises, noisyPrograms } from '../../support/front/programs.ts';
import { pythonCalls } from '../../support/front/python-client.ts';
import { callDocument, rawRequest } from '../../support/front/raw-http.ts';
import { supervisorctl } from '../../support/front/supervisorctl.ts';
import { startFront, type Twin } from '../../support/front/twins.ts';
import { waitFor } from '../../support/wait-for.ts';

const reads = [
  ['readProcessStdoutLog', 0, 0],
  ['readProcessLog', 0, 0],
  ['tailProcessStdoutLog', 0, 4096],
  // Cuts characters of several bytes in half.
  ['readProcessStdoutLog', 4, 5],
  ['tailProcessLog', 0, 7],
] as const;

describe('output that is hard to carry', () => {
  let front: Twin;

  beforeAll(async () => {
    front = await startFront({ programs: noisyPrograms, drained: noises });
    const loud = noises.filter((noise) => noise !== 'nothing');
    await waitFor(() => loud.every((noise) => readFileSync(front.directory.file(`${noise}.out`)).length > 0), {
      what: 'the output of all programs',
    });
  });

  describe.each(noises)('%s', (noise) => {
    test.each(reads)('%s(…, %i, %i) is the same to the byte', async (method, offset, length) => {
      const body = callDocument(`supervisor.${method}`, [noise, offset, length]);

      const direct = await rawRequest(front.supervisord.socketPath, { body });
      const through = await rawRequest(front.sidecarSocket, { body });

      expect(through.body.toString('latin1')).toBe(direct.body.toString('latin1'));
      expect(through.status).toBe(direct.status);
    });

    test('/logtail/ begins with the same bytes', async () => {
      const read = (socketPath: string) => firstBytes(socketPath, `/logtail/${noise}/stdout`);
      const written = readFileSync(front.directory.file(`${noise}.out`), 'latin1');

      const through = noise === 'nothing' ? '' : await read(front.sidecarSocket);

      expect(through).toBe(written);
    });

    test("Python's client gets the same", async () => {
      const calls = [
        ...reads.map(([method, ...range]) => ({ method: `supervisor.${method}`, params: [noise, ...range] })),
        { method: 'supervisor.getState' },
      ];

      const direct = await pythonCalls(front, calls, front.supervisord.url);
      const through = await pythonCalls(front, calls);

      expect(through).toEqual(direct);
    });

    test('supervisorctl tail prints the same', async () => {
      const direct = await supervisorctl({ ...front, serverUrl: front.supervisord.url }, `tail ${noise}`);
      const through = await supervisorctl(front, `tail ${noise}`);

      expect(through).toEqual(direct);
    });
  });
});

/** What a log tail sends first: the end of the log. */
async function firstBytes(socketPath: string, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const outgoing = http.get({ socketPath, path, agent: false, signal: AbortSignal.timeout(10_000) }, (response) => {
      response.once('error', reject);
      response.once('data', (chunk: Buffer) => {
        resolve(chunk.toString('latin1'));
        outgoing.destroy();
      });
    });
    outgoing.once('error', reject);
  });
}
