import * as fc from 'fast-check';

/** Which engine an act uses: the sidecar's, or one of its own, because it does not see the sidecar. */
export type Way = 'sidecar' | 'own';

/** The commands that are mixed. */
export const commandNames = ['drain', 'pool', 'stop', 'start', 'restart', 'cancel', 'status'] as const;
export type CommandName = (typeof commandNames)[number];

/** One command of one operator. */
export interface Act {
  readonly command: CommandName;
  readonly names: readonly string[];
  readonly way: Way;
  /** Ends it: this signal, when it has said so many lines. */
  readonly kill: { readonly signal: 'SIGINT' | 'SIGTERM' | 'SIGKILL'; readonly afterLines: number } | undefined;
}

/** Operators at work at the same time; each gives one command after the other. */
export type Interleaving = readonly (readonly Act[])[];

/** What is known of an act that has ended. */
export interface DoneAct extends Act {
  /** null: a signal ended it. */
  readonly exitCode: number | null;
  readonly output: string;
}

/** Two operators, sometimes three, with one command or two each, on some of these processes. */
export function interleavingOf(processes: readonly string[]): fc.Arbitrary<Interleaving> {
  const some = fc.shuffledSubarray([...processes], { minLength: 1, maxLength: 2 });
  const names = fc.oneof({ weight: 4, arbitrary: some }, { weight: 1, arbitrary: fc.constant([...processes]) });
  const kill = fc.record({
    signal: fc.constantFrom('SIGINT', 'SIGTERM', 'SIGKILL'),
    afterLines: fc.integer({ min: 1, max: 6 }),
  } as const);
  const act: fc.Arbitrary<Act> = fc.record({
    command: fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom('drain', 'pool', 'stop', 'start', 'restart') },
      { weight: 1, arbitrary: fc.constantFrom('cancel', 'status') },
    ),
    names,
    way: fc.constantFrom('sidecar', 'own'),
    kill: fc.oneof({ weight: 2, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: kill }),
  } as const);
  const operator = fc.array(act, { minLength: 1, maxLength: 2 });
  const operators = fc.oneof(
    { weight: 3, arbitrary: fc.array(operator, { minLength: 2, maxLength: 2 }) },
    { weight: 1, arbitrary: fc.array(operator, { minLength: 3, maxLength: 3 }) },
  );
  return operators;
}

/** A plan in words, a line for each operator. */
export function describeInterleaving(interleaving: Interleaving): string {
  const one = ({ command, names, way, kill }: Act) =>
    `${command} ${names.join(' ')} (${way}${kill === undefined ? '' : `, ${kill.signal} after ${kill.afterLines} lines`})`;
  return interleaving.map((acts, index) => `operator ${index + 1}: ${acts.map(one).join('; ')}`).join('\n');
}

/** What may be true of a process when all is over. */
export interface Possible {
  readonly running: ReadonlySet<boolean>;
  readonly held: ReadonlySet<boolean>;
}

/**
 * What may have come of the acts: they were done in some order that keeps each operator's own. One that succeeded
 * has had its effect; one that was ended early may have had it.
 */
export function possibleOutcomes(
  process: string,
  before: { readonly running: boolean; readonly held: boolean },
  operators: readonly (readonly DoneAct[])[],
): Possible {
  return {
    running: finalValues(before.running, operators, (act) => (concerns(act, process) ? runningAfter(act) : [])),
    held: finalValues(before.held, operators, (act) => (concerns(act, process) ? heldAfter(act) : [])),
  };
}

/**
 * The values that may be last. An operator's later acts come after the earlier ones, and those of the others at any
 * moment: so all from the last one that surely had its effect on may be the last of all.
 */
function finalValues(
  before: boolean,
  operators: readonly (readonly DoneAct[])[],
  effects: (act: DoneAct) => readonly boolean[],
): ReadonlySet<boolean> {
  const values = new Set<boolean>();
  let isSure = false;
  for (const acts of operators) {
    for (const act of [...acts].reverse()) {
      const found = effects(act);
      for (const value of found) values.add(value);
      if (found.length === 0 || act.exitCode !== 0) continue;
      isSure = true;
      break;
    }
  }
  return isSure ? values : values.add(before);
}

function concerns(act: DoneAct, process: string): boolean {
  return act.names.includes(process);
}

function runningAfter({ command, exitCode }: DoneAct): readonly boolean[] {
  if (command === 'start') return [true];
  if (command === 'stop') return [false];
  // One that was killed may have stopped it and not started it again.
  if (command === 'restart') return exitCode === 0 ? [true] : [true, false];
  return [];
}

function heldAfter({ command }: DoneAct): readonly boolean[] {
  if (command === 'drain') return [true];
  return command === 'pool' ? [false] : [];
}

/** The exit statuses that an act may have: 4 where something may have ended its run, null where a signal ended the command itself. */
export function exitCodesOf(act: Act, all: Interleaving): readonly (number | null)[] {
  const isCancelled = act.way === 'sidecar' && all.flat().some(({ command }) => command === 'cancel');
  return [0, ...(isCancelled || act.kill !== undefined ? [4] : []), ...(act.kill === undefined ? [] : [null])];
}
