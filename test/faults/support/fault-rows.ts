import { type FaultRow, type Moment, titleOf } from './fault-row.ts';
import type { SocketFault } from './socket-faults.ts';

/** What the result must say of a fault that lasts, whatever it was doing. */
const texts: Readonly<Record<SocketFault, RegExp>> = {
  refused: /can't be reached: there is no such socket \(ENOENT\)/,
  silent: /did not answer within 2s/,
  slow: /did not answer within 2s/,
  'half a line': /stopped in the middle of its answer/,
  closed: /closed the connection without an answer/,
  denied: /Permission denied\..*level admin/s,
  ignored: /it said nothing, but the server is not in state/,
  renamed: /does not know app\/web_00|has no member app\/web_00/,
  html: /does not answer as HAProxy's runtime API does: "HTTP\/1.1 400 Bad Request"/,
  rubbish: /does not answer as HAProxy's runtime API does/,
  // A machine that is slow enough reaches the time-out before the limit of an answer's length.
  endless: /does not answer as HAProxy's runtime API does|did not answer within 2s/,
};

/** Those that another attempt may mend, so that drainctl tries again. */
const passing: readonly SocketFault[] = ['refused', 'silent', 'slow', 'half a line', 'closed'];

/** Those of which drainctl sees nothing while it only looks, because the states can still be read. */
const unseenByLooks: readonly SocketFault[] = ['denied', 'ignored'];

const faults = Object.keys(texts) as SocketFault[]; // as: the keys of a record of just these
const moments: readonly Moment[] = ['before the run', 'while draining', 'at repool'];

function lastingRow(fault: SocketFault, moment: Moment): FaultRow {
  return {
    fault,
    moment,
    lasts: 'lasting',
    action: 'restart',
    exitCode: 1,
    says: [/faulty\.sock/, /web:web_00/, texts[fault], stateOf(fault, moment)],
  };
}

/** What state things are left in. */
function stateOf(fault: SocketFault, moment: Moment): RegExp {
  if (moment === 'before the run') return /web:web_00 (runs on|was put back and runs on)/;
  const isStopped = moment === 'at repool' || unseenByLooks.includes(fault) || fault === 'renamed';
  if (isStopped) return /web:web_00 runs and is ready, but could not be put back: .*Out still: app\/web_00 at/s;
  return /web:web_00 was not stopped: .*web:web_00 could not be put back, and is still out: .*Out still:/s;
}

function passingRow(fault: SocketFault, moment: Moment): FaultRow {
  return { fault, moment, lasts: 'passing', action: 'restart', exitCode: 0, says: [/nothing was cut off/] };
}

/** A restart with every fault at every moment. */
export const restartRows: readonly FaultRow[] = moments.flatMap((moment) => [
  ...faults.map((fault) => lastingRow(fault, moment)),
  ...passing.map((fault) => passingRow(fault, moment)),
]);

/** In `npm test`: one fault of each kind at each moment, and none that waits for more than a deadline. */
const short = [
  'restart: silent, before the run, lasting',
  'restart: denied, before the run, lasting',
  'restart: html, before the run, lasting',
  'restart: half a line, while draining, passing',
  'restart: renamed, at repool, lasting',
  'restart: closed, at repool, passing',
];

/** Those of the rows that `npm test` runs. */
export function representative(rows: readonly FaultRow[]): readonly FaultRow[] {
  return rows.filter((row) => short.includes(titleOf(row)));
}
