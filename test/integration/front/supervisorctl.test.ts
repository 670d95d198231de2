import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { drainedGroups, everyKindOfProgram, pairSections } from '../../support/front/programs.ts';
import { normalisedCtl } from '../../support/front/supervisorctl.ts';
import { startTwins, type Twin, type Twins } from '../../support/front/twins.ts';

/**
 * Commands that both twins are given one after the other. `sorted`: which process ends first is chance, and so is the
 * order of the lines.
 */
interface Row {
  readonly commands: readonly string[];
  readonly sorted?: boolean;
}

const rows: readonly Row[] = [
  // What only looks.
  ...each('status', 'status all', 'status web:*', 'status web:web_00 talker', 'status pair:*'),
  ...each('status nobody', 'status nobody:*', 'status web:nobody', 'status talker nobody slow', 'status manual'),
  ...each('pid', 'pid all', 'pid talker', 'pid web:web_00 slow', 'pid manual', 'pid nobody', 'pid web:*'),
  ...each('avail', 'avail surplus', 'version', 'version surplus', 'help', 'help stop', 'nonsense'),
  ...each('tail talker', 'tail -10 talker', 'tail -0 talker', 'tail talker stderr', 'tail -5 talker stderr'),
  ...each('tail talker stdin', 'tail web:web_00', 'tail nobody', 'tail manual', 'tail web:*', 'tail -x talker'),
  ...each('tail', 'tail -f', 'tail a b c d', 'maintail surplus', 'maintail -x', 'maintail a b'),
  ...each('fg', 'fg nobody', 'fg manual', 'fg talker slow', 'fg web:*', 'reread', 'reread surplus', 'update'),

  // Stop and start of one.
  ...together('stop talker', 'status talker', 'start talker', 'pid talker'),
  ...together('stop web:web_00', 'status web:*', 'start web:web_00'),
  ...together('stop slow', 'start slow', 'status slow'),
  ...together('stop pair:left', 'status pair:*', 'start pair:left'),
  ...together('start manual', 'stop manual'),
  ...together('restart talker', 'status talker'),
  ...each('restart web:web_01', 'restart slow', 'restart manual', 'restart nobody', 'restart'),
  ...each('stop manual', 'stop nobody', 'stop web:nobody', 'stop nobody:*', 'stop', 'stop broken missing'),
  ...each('start talker', 'start nobody', 'start web:nobody', 'start nobody:*', 'start'),
  ...each('start broken', 'start missing', 'start plain', 'restart broken', 'restart missing nobody talker'),
  ...together('stop talker slow nobody manual', 'start talker slow nobody'),

  // Groups and all.
  sorted('stop web:*', 'status web:*', 'start web:*'),
  sorted('restart web:*', 'restart pair:* talker'),
  sorted('stop web:web_00', 'stop web:*', 'start web:*'),
  sorted('start web:*', 'start nobody:* web:*'),
  sorted('stop web:* pair:*', 'start pair:* web:*'),
  sorted('stop web:* all', 'start all'),
  sorted('stop all', 'start all', 'status'),
  sorted('restart all', 'status'),

  // The rest of what changes something.
  ...each('signal USR1 nobody', 'signal NOSUCH talker', 'signal 999 talker', 'signal CONT talker', 'signal 18 talker'),
  ...each(
    'signal CONT manual',
    'signal CONT web:*',
    'signal CONT nobody:*',
    'signal NOSUCH web:*',
    'signal NOSUCH all',
  ),
  ...each('signal CONT all', 'signal', 'signal CONT', 'signal CONT talker manual nobody'),
  ...each('clear talker', 'clear nobody', 'clear web:*', 'clear', 'clear talker slow nobody', 'clear all'),
  ...each('add talker', 'add nobody', 'remove talker', 'remove nobody', 'remove web', 'add', 'remove'),
  ...together('stop manual', 'remove manual', 'status manual', 'stop manual', 'avail', 'add manual', 'status manual'),
  ...together('remove manual', 'update', 'status manual'),
  ...each('update nobody', 'update all', 'shutdown surplus', 'reload surplus'),
];

function each(...commands: string[]): Row[] {
  return commands.map((command) => ({ commands: [command] }));
}

function together(...commands: string[]): Row[] {
  return [{ commands }];
}

function sorted(...commands: string[]): Row {
  return { commands, sorted: true };
}

describe('supervisorctl', () => {
  let twins: Twins;

  beforeAll(async () => {
    twins = await startTwins({
      programs: everyKindOfProgram,
      drained: drainedGroups,
      supervisord: { extra: pairSections },
    });
  });

  beforeEach(() => twins.settle());

  test.each(rows.map((row) => [row.commands.join('; '), row] as const))('%s', async (_, row) => {
    const [direct, front] = await Promise.all([answers(twins.direct, row), answers(twins.front, row)]);

    expect(front).toEqual(direct);
  });
});

async function answers(twin: Twin, { commands, sorted: isSorted = false }: Row) {
  const results = [];
  for (const command of commands) {
    const { output, ...result } = await normalisedCtl(twin, command);
    const lines = / all$/.test(command) ? output.filter(isNotOfSidecar) : output;
    results.push({ ...result, output: isSorted ? lines.toSorted() : lines });
  }
  return results;
}

/**
 * `stop all` through the sidecar leaves the sidecar itself running, for the start that follows comes to it too: the one
 * line in which the two may differ.
 */
function isNotOfSidecar(line: string): boolean {
  return !/^drain: (?:stopped|started|ERROR \(already started\))$/.test(line);
}
