import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { SidecarConfig } from '../../../src/config/config.ts';
import { defaultRpcServerLimits } from '../../../src/rpc/limits.ts';
import { openFilesLimit, shareFileTable, withinFileTable } from '../../../src/sidecar/file-table.ts';
import { recordingLog } from '../../support/doubles/recording-log.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const address = { host: '127.0.0.1', port: 1 };
const pools = new Map();
const sidecar: SidecarConfig = {
  socket: '/run/drainctl.sock',
  socketMode: 0o700,
  socketOwner: undefined,
  socketGroup: undefined,
  listen: undefined,
  credentials: undefined,
  limits: defaultRpcServerLimits,
  http: undefined,
};

describe('the table of open files', () => {
  test('is never more than half for clients, all servers together', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 128, max: 1e6 }),
        fc.boolean(),
        fc.boolean(),
        fc.boolean(),
        (openFiles, listens, serves, answersAgents) => {
          const listen = listens ? address : undefined;
          const http = serves ? address : undefined;
          const shares = shareFileTable(openFiles, { listen, http }, answersAgents);
          const calls = 2 * shares.calls * (listens ? 2 : 1);
          const used = calls + (serves ? shares.http : 0) + (answersAgents ? shares.agents : 0);
          expect(used).toBeLessThanOrEqual(openFiles / 2);
        },
      ),
    );
  });

  test('leaves 48 files where it is small, and a way in', () => {
    expect(shareFileTable(64, sidecar, false)).toEqual({ calls: 8, http: 16, agents: 2 });
    expect(shareFileTable(24, sidecar, true)).toEqual({ calls: 2, http: 2, agents: 2 });
  });

  test('that is large changes no limit, and is not worth a word', () => {
    const log = recordingLog();

    expect(withinFileTable({ sidecar, pools }, 20_000, log)).toBe(sidecar);
    expect(log.lines).toEqual([]);
  });

  test('that is small lowers the limit of connections, with a warning', () => {
    const log = recordingLog();

    expect(withinFileTable({ sidecar, pools }, 64, log).limits).toEqual({
      ...defaultRpcServerLimits,
      maxConnections: 8,
    });
    expect(log.lines.join('\n')).toContain('only 64 files may be open here, so 8 connections are taken at a time');
  });

  test('bounds what has no limit', () => {
    const unlimited = { ...sidecar, limits: { ...sidecar.limits, maxConnections: 0 } };

    expect(withinFileTable({ sidecar: unlimited, pools }, 4_096, recordingLog()).limits.maxConnections).toBe(1_024);
  });

  test('is as large as the kernel says; unknown where it says nothing', () => {
    const directory = temporaryDirectory();
    const file = directory.write(
      'limits',
      'Limit  Soft Limit  Hard Limit  Units\nMax open files            64        4096  files\n',
    );

    expect(openFilesLimit(file)).toBe(64);
    expect(
      openFilesLimit(directory.write('unlimited', 'Max open files  unlimited  unlimited  files\n')),
    ).toBeUndefined();
    expect(openFilesLimit(directory.file('missing'))).toBeUndefined();
  });
});
