import fc from 'fast-check';
import { expect, test } from 'vitest';
import { splitAnswers } from '../../../../src/pools/haproxy/answers.ts';
import { readCsv } from '../../../../src/pools/haproxy/csv.ts';
import { parseWorkerInfo } from '../../../../src/pools/haproxy/earlier-workers.ts';
import { parseWorkerPids } from '../../../../src/pools/haproxy/master.ts';
import { parseProcessStart } from '../../../../src/pools/haproxy/process-start.ts';
import { parseServerStates } from '../../../../src/pools/haproxy/server-state.ts';
import { parseStats } from '../../../../src/pools/haproxy/stats.ts';
import { cpuMs, fuzz, linearLimitMs, mutated } from '../../../faults/support/fuzz.ts';
import { recordedAnswer } from './fixtures.ts';

/** As HAProxy writes: quoted only where it must be. */
function quoted(field: string): string {
  return /[",\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}

const name = fc.stringMatching(/^[\w.:-]{1,10}$/);
const count = fc.integer({ min: 0, max: 100_000_000 });
const status = fc.oneof(
  fc.constantFrom('UP', 'UP 1/2', 'DOWN', 'DRAIN (agent)', 'MAINT (via app/web_00)', 'no check'),
  fc.string({ unit: 'grapheme', maxLength: 12 }),
);

/** The columns that are read, and others that a later HAProxy may have, in any order. */
const columns = fc.shuffledSubarray(
  ['pxname', 'svname', 'type', 'status', 'scur', 'qcur', 'stot', 'last_chk', 'desc', 'mode'],
  { minLength: 10 },
);

interface Server {
  readonly pxname: string;
  readonly svname: string;
  readonly type: string;
  readonly status: string;
  readonly scur: string;
  readonly qcur: string;
}

const serverOf = (field: fc.Arbitrary<string>): fc.Arbitrary<Server> =>
  fc.record({
    pxname: name,
    svname: name,
    type: fc.constantFrom('0', '1', '2', '2', '2', '3'),
    status,
    scur: field,
    qcur: field,
  });

/** A `show stat` table. */
function writeTable(order: readonly string[], rows: readonly (Server & { readonly note: string })[]): string {
  const cell = (row: Server & { readonly note: string }, column: string) =>
    Object.hasOwn(row, column) ? row[column as keyof Server] : row.note; // as: checked to be a key
  const lines = rows.map((row) => order.map((column) => quoted(cell(row, column))).join(','));
  return [`# ${order.join(',')},`, ...lines.map((line) => `${line},`)].join('\n');
}

const byName = ({ pxname, svname }: Server) => `${pxname}/${svname}`;
const note = fc.string({ unit: 'binary', maxLength: 12 });
const rowsOf = (field: fc.Arbitrary<string>) =>
  fc.uniqueArray(
    fc.tuple(serverOf(field), note).map(([server, text]) => ({ ...server, note: text })),
    { maxLength: 5, selector: byName },
  );

fuzz(
  'HAProxy show stat',
  'gives back any table that HAProxy may print',
  fc.property(columns, rowsOf(count.map(String)), (order, rows) => {
    const servers = rows.filter(({ type }) => type === '2');

    expect(parseStats(writeTable(order, rows))).toEqual(
      new Map(
        servers.map((row) => [byName(row), { status: row.status, inFlight: Number(row.scur) + Number(row.qcur) }]),
      ),
    );
  }),
);

fuzz(
  'HAProxy show stat',
  'never makes a 0 of a damaged table that has none',
  fc.property(
    mutated(
      fc.tuple(columns, rowsOf(fc.constantFrom('1', '17', '342'))).map(([order, rows]) =>
        writeTable(
          order,
          rows.map((row) => ({ ...row, type: '2' })),
        ).replaceAll('0', '9'),
      ),
      { words: [',', ',,', '"', '""', '\n', '# ', '-1', 'NaN', '1e-9', ' ', ',2,', 'scur', '\u0660'] },
    ).map((text) => text.replaceAll('0', '9')),
    (text) => {
      for (const { inFlight } of parseStats(text)?.values() ?? []) {
        if (inFlight === undefined) continue;
        expect(Number.isSafeInteger(inFlight) && inFlight > 0).toBe(true);
      }
    },
  ),
);

const words = [',', '"', '""', '\n', '\n\n', '# ', '-1', 'NaN', '0', ' ', 'pxname', ',2,', '1\n', '# be_id', '\0'];
const stat = recordedAnswer('show-stat.csv').split('\n').slice(0, 5).join('\n');
const states = recordedAnswer('show-servers-state.txt').split('\n').slice(0, 5).join('\n');

fuzz(
  'HAProxy CSV',
  'makes rows of text of a damaged table, or nothing',
  fc.property(mutated(fc.constant(stat), { words }), (text) => {
    const rows = readCsv(text);

    if (rows !== undefined)
      expect(rows.flat().every((cell) => text.includes(quoted(cell).replace(/^"|"$/g, '')))).toBe(true);
  }),
);

fuzz(
  'HAProxy CSV',
  'gives back any fields, quoted though they need not be',
  fc.property(
    fc.array(fc.array(fc.tuple(fc.string({ unit: 'binary' }), fc.boolean()), { minLength: 1 }), { minLength: 1 }),
    (table) => {
      const written = table.map((row) =>
        row.map(([field, always]) => (always ? `"${field.replaceAll('"', '""')}"` : quoted(field))).join(','),
      );
      const text = written.join('\n');
      // One row of one empty field is nothing at all.
      fc.pre(!text.endsWith('\n') && text !== '');
      expect(readCsv(text)).toEqual(table.map((row) => row.map(([field]) => field)));
    },
  ),
);

const stateColumns = ['be_name', 'srv_name', 'srv_op_state', 'srv_admin_state', 'srv_uweight', 'srv_fqdn', 'srv_port'];
const stateNumber = fc.integer({ min: 0, max: 999_999_999 });

fuzz(
  'HAProxy show servers state',
  'gives back any table, in any order of columns',
  fc.property(
    fc.shuffledSubarray(stateColumns, { minLength: stateColumns.length }),
    fc.uniqueArray(
      fc.record({ be_name: name, srv_name: name, numbers: fc.tuple(stateNumber, stateNumber, stateNumber) }),
      {
        selector: (each) => `${each.be_name}/${each.srv_name}`,
        maxLength: 5,
      },
    ),
    (order, servers) => {
      const rows = servers.map(({ be_name, srv_name, numbers: [op, admin, weight] }) => {
        const cells = new Map<string, string | number>([
          ...Object.entries({ be_name, srv_name, srv_op_state: op, srv_admin_state: admin, srv_uweight: weight }),
        ]);
        return order.map((column) => cells.get(column) ?? '-').join(' ');
      });

      expect(parseServerStates(['1', `# ${order.join(' ')}`, ...rows].join('\n'))).toEqual(
        new Map(
          servers.map(({ be_name, srv_name, numbers: [operState, adminState, weight] }) => [
            `${be_name}/${srv_name}`,
            { adminState, operState, weight },
          ]),
        ),
      );
    },
  ),
);

fuzz(
  'HAProxy show servers state',
  'takes no number from a damaged table that does not stand in it',
  fc.property(mutated(fc.constant(states), { words }), (text) => {
    const numbers = new Set((text.match(/\d+/g) ?? []).map(Number));

    for (const state of parseServerStates(text)?.values() ?? []) {
      for (const value of Object.values(state)) expect(numbers.has(value)).toBe(true);
    }
  }),
);

const info = recordedAnswer('show-info.txt');
const processes = recordedAnswer('show-proc.txt');

fuzz(
  'HAProxy show info and show proc',
  'never name a process 0, nor one that a damaged answer does not name',
  fc.property(
    mutated(fc.constant(info), { words: ['Pid: ', 'Pid: 0\n', '\n', '-', 'Uptime_sec: '] }),
    mutated(fc.constant(processes), { words: ['#<PID>', 'worker', ' ', '\n', '-1 ', '0x1 '] }),
    (infoText, processText) => {
      const worker = parseWorkerInfo(infoText);
      const pids = [...(worker === undefined ? [] : [worker.pid]), ...(parseWorkerPids(processText) ?? [])];

      for (const pid of pids)
        expect(Number.isSafeInteger(pid) && `${infoText}${processText}`.includes(`${pid}`)).toBe(true);
      expect(worker?.pid).not.toBe(0);
    },
  ),
);

fuzz(
  'HAProxy answers',
  'end where empty lines do, and hold nothing that was not sent',
  fc.property(mutated(fc.constant(`\n${stat}\n\n${states}\n\n`), { words }), (text) => {
    const answers = splitAnswers(text);

    expect(answers.length).toBeLessThanOrEqual(text.split('\n').length);
    expect(answers.every((answer) => text.includes(answer))).toBe(true);
  }),
);

fuzz(
  '/proc/PID/stat',
  'gives back any command, and the field that tells when it began',
  fc.property(
    fc.string({ unit: 'binary', maxLength: 15 }),
    fc.nat(),
    fc.array(fc.nat(), { minLength: 18, maxLength: 40 }),
    (command, start, rest) => {
      const fields = [...rest.slice(0, 18), start, ...rest.slice(18)].join(' ');

      expect(parseProcessStart(`7 (${command}) S ${fields}\n`)).toEqual({ command, state: 'S', startTime: `${start}` });
    },
  ),
);

test.each([
  ['a field of ten megabytes', () => readCsv(`"${'x'.repeat(10_000_000)}"`)],
  ['a field of quotes', () => readCsv(`"${'""'.repeat(1_000_000)}"`)],
  ['open quotes', () => splitAnswers(`# pxname,\n${'"\n'.repeat(500_000)}`)],
  ['half a million cells', () => readCsv(`${'"",'.repeat(500_000)}\n`)],
  [
    'a hundred thousand rows',
    () => parseStats(`# pxname,svname,type,status,scur,qcur\n${'a,b,2,UP,1,1\n'.repeat(100_000)}`),
  ],
])(
  'HAProxy tables: %s takes less than seconds',
  (_, read) => {
    expect(cpuMs(read)).toBeLessThan(linearLimitMs);
  },
  120_000,
);
