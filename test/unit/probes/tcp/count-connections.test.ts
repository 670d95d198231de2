import { describe, expect, test } from 'vitest';
import { countConnections } from '../../../../src/probes/tcp/count-connections.ts';
import { portsToCount, SeenPorts } from '../../../../src/probes/tcp/ports.ts';
import { socketTable } from '../../../../src/probes/tcp/socket-table.ts';
import { any4, any6, line, loopback4, mapped, type TableLine, tableText } from '../../../support/tcp-table.ts';

const ours = 7;
const theirs = 8;
const listener = (given: Partial<TableLine> = {}): TableLine => ({ local: any4, state: '0A', inode: ours, ...given });
const client = (given: Partial<TableLine> = {}): TableLine => ({ local: loopback4, state: '01', inode: 0, ...given });

const tables = (tcp: string, tcp6 = '') => socketTable(Buffer.from(tcp), Buffer.from(tcp6));

function table(tcp: readonly TableLine[], tcp6: readonly TableLine[] = []) {
  return tables(tableText(tcp), tableText(tcp6));
}

function count(tcp: readonly TableLine[], tcp6: readonly TableLine[] = [], inodes: readonly number[] = [ours, 70]) {
  return countConnections(table(tcp, tcp6), { ports: [8080], inodes: new Set(inodes), isIgnored: () => false });
}

describe('countConnections', () => {
  test.each([
    ['established', '01', 1],
    ['the client has closed its half', '08', 1],
    ['we have closed our half', '04', 1],
    ['we have closed our half, the client knows', '05', 1],
    ['both at once', '0B', 1],
    ['we have closed after the client', '09', 1],
  ])('what the process has open counts: %s', (_, state, expected) => {
    expect(count([listener(), client({ state, inode: 70 })])).toBe(expected);
  });

  test.each([
    ['established', '01', 1],
    ['the client has gone already', '08', 1],
    ['a handshake that is not complete', '03', 0],
    ['closed by the process: FIN_WAIT1', '04', 0],
    ['closed by the process: FIN_WAIT2', '05', 0],
    ['TIME_WAIT', '06', 0],
    ['LAST_ACK', '09', 0],
  ])('what no process has open: %s', (_, state, expected) => {
    expect(count([listener(), client({ state })])).toBe(expected);
  });

  test('what another process has open is its own', () => {
    expect(count([listener(), client({ inode: theirs }), client({ inode: 70 })])).toBe(1);
  });

  test('another port is not looked at', () => {
    expect(count([listener(), client({ port: 8081, inode: 70 })])).toBe(0);
  });

  test('who waits goes to who listens on that very address', () => {
    const other = listener({ local: loopback4, inode: theirs });
    expect(count([listener(), other, client()])).toBe(0);
    expect(count([listener({ local: loopback4 }), listener({ inode: theirs }), client()])).toBe(1);
  });

  test('IPv4 of an IPv6 socket goes to who listens there', () => {
    expect(count([listener({ inode: theirs })], [listener({ local: any6 }), client({ local: mapped })])).toBe(1);
    expect(count([listener()], [listener({ local: any6, inode: theirs }), client({ local: mapped })])).toBe(0);
  });

  test.each([
    ['none', 0, 0],
    ['some', 2, 2],
    ['more than there are', 9, 3],
  ])('of a shared port only as many wait for us as our queue has: %s', (_, receiveQueue, expected) => {
    const shared = [listener({ receiveQueue }), listener({ inode: theirs, receiveQueue: 5 })];
    expect(count([...shared, client(), client(), client()])).toBe(expected);
  });

  test('where nobody can see who has what open, all at the port count', () => {
    const rows = [listener(), client({ inode: 70 }), client({ inode: 71 }), client(), client({ state: '06' })];
    const counted = { ports: [8080], inodes: undefined, isIgnored: () => false };
    expect(countConnections(table(rows), counted)).toBe(3);
  });

  test('a port that is named twice counts once', () => {
    const counted = { ports: [8080, 8080], inodes: new Set([ours]), isIgnored: () => false };
    expect(countConnections(table([listener(), client()]), counted)).toBe(1);
  });
});

describe('portsToCount', () => {
  const inodes = new Set([ours]);
  const sockets = (rows: readonly TableLine[], pid = 17) => ({ pid, tables: [table(rows)], inodes });
  const blind = (rows: readonly TableLine[]) => ({ ...sockets(rows), inodes: undefined });
  const choose = (...args: Parameters<typeof portsToCount>) => [...portsToCount(...args)];

  test('are those that it listens on', () => {
    const rows = [listener(), listener({ port: 9090 }), listener({ port: 22, inode: theirs })];
    expect(choose(sockets(rows), undefined, new SeenPorts())).toEqual([8080, 9090]);
  });

  test('are those that it has listened on, while its pid is the same', () => {
    const seen = new SeenPorts();
    choose(sockets([listener()]), undefined, seen);
    expect(choose(sockets([listener({ port: 9090 })]), undefined, seen)).toEqual([8080, 9090]);
    expect(choose(sockets([listener({ port: 9090 })], 18), undefined, seen)).toEqual([9090]);
  });

  test.each([
    ['it listens on none', sockets([listener({ inode: theirs })]), undefined, 'listen on no TCP port'],
    ["a named one is another's", sockets([listener({ inode: theirs })]), [8080], 'do not listen on port 8080'],
    ['one of several is missing', sockets([listener()]), [8080, 8081], 'do not listen on port 8081, but on 8080'],
    ['files may not be seen', blind([listener()]), undefined, 'may not be seen'],
    [
      'nor who shares a port',
      blind([listener(), listener({ inode: theirs })]),
      [8080],
      'several sockets share port 8080',
    ],
    ['nobody listens there', blind([listener()]), [8081], 'nobody there listens on port 8081'],
  ] as const)('are unknown where %s', (_, given, named, why) => {
    expect(() => portsToCount(given, named, new SeenPorts())).toThrow(why);
  });

  test('are those named where files may not be seen and nobody shares them', () => {
    expect(choose(blind([listener(), listener({ port: 22 })]), [8080], new SeenPorts())).toEqual([8080]);
  });

  test('one port of IPv4 and IPv6 is not shared', () => {
    const both = { pid: 17, inodes: undefined, tables: [table([listener()], [listener({ local: any6 })])] };
    expect(choose(both, [8080], new SeenPorts())).toEqual([8080]);
  });
});

describe('socketTable', () => {
  test('of a kernel without IPv6', () => {
    expect(tables(tableText([listener()])).listening).toHaveLength(1);
  });

  test.each([
    ['another heading', 'Proto Recv-Q\n'],
    ['a line that is cut off', tableText([listener()]).slice(0, -90)],
    ['a line that is cut off early', tableText([client()]).slice(0, -130)],
    ['a port that is none', tableText([client()]).replace(':1F90', ':1f9:')],
    ['HTML', '<html></html>'],
  ])('refuses %s', (_, text) => {
    expect(() => tables(text)).toThrow('the table of TCP sockets');
  });

  test('reads a line with wide numbers', () => {
    const wide = tableText([]) + line({ ...listener(), inode: 4_294_967_295 }, 123_456);
    expect(tables(wide).listening[0]).toMatchObject({ localPort: 8080, inode: 4_294_967_295 });
  });
});
