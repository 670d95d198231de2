import { randomInt } from 'node:crypto';
import fc from 'fast-check';
import { test } from 'vitest';
import { figure, scale } from './figures.ts';

/** DRAINCTL_TEST_SEED=… repeats a run; without it each run has a seed of its own, printed with its tests and figures. */
export const seed = Number(process.env['DRAINCTL_TEST_SEED'] ?? randomInt(2 ** 31));

/** Of each subject in `npm test`, and of each property in the soak. */
const casesInShort = 2_000;
const casesInFull = 10_000;

const row = 'fuzzed parsers';

/** How many properties each subject of this file has, and with how many cases they have held. */
const properties = new Map<string, number>();
const held = new Map<string, number>();

/**
 * A test that tries `claim` with many cases: 2,000 of each `subject` over all its properties, and 10,000 of each property in
 * the soak. Puts the subject into the table of figures once it held.
 */
export function fuzz<T>(subject: string, claim: string, property: fc.IAsyncProperty<T> | fc.IProperty<T>): void {
  properties.set(subject, (properties.get(subject) ?? 0) + 1);
  test(`${subject}: ${claim} (seed ${seed})`, async () => {
    // All are registered by the time that the first one runs.
    const numRuns = scale(Math.ceil(casesInShort / (properties.get(subject) ?? 1)), casesInFull);
    await fc.assert(property, { seed, numRuns });
    const cases = (held.get(subject) ?? 0) + numRuns;
    held.set(subject, cases);
    figure(row, subject, `${cases} cases, seed ${seed}`);
  }, 600_000);
}

/** In milliseconds of processor time: far more than a linear reader takes for a megabyte on any machine, far less than a quadratic one. */
export const linearLimitMs = 20_000;

/** The milliseconds of processor time that `work` takes: what else the machine does is not in it. */
export function cpuMs(work: () => unknown): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

type Change = (text: string) => string;

/** A place in a text, as a fraction of its length. */
const place = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

const at = (text: string, fraction: number) => Math.floor(fraction * text.length);

function splice(start: number, length: number, by: string): Change {
  return (text) => text.slice(0, at(text, start)) + by + text.slice(at(text, start) + length);
}

function duplicate(from: number, length: number, to: number): Change {
  return (text) => splice(to, 0, text.slice(at(text, from), at(text, from) + length))(text);
}

function swapLines(one: number, other: number): Change {
  return (text) => {
    const lines = text.split('\n');
    const [first, second] = [Math.floor(one * lines.length), Math.floor(other * lines.length)];
    return lines
      .map((line, index) => lines[index === first ? second : index === second ? first : index] ?? line)
      .join('\n');
  };
}

/** One kind of damage: a character replaced, a cut, something taken out, twice or added, lines that changed places. */
function changeOf(words: readonly string[], character: fc.Arbitrary<string>): fc.Arbitrary<Change> {
  return fc.oneof(
    fc.tuple(place, character).map(([start, by]) => splice(start, 1, by)),
    place.map(
      (end): Change =>
        (text) =>
          text.slice(0, at(text, end)),
    ),
    fc.tuple(place, fc.nat(40)).map(([start, length]) => splice(start, length, '')),
    fc.tuple(place, fc.nat(80), place).map(([from, length, to]) => duplicate(from, length, to)),
    fc.tuple(place, fc.constantFrom(...words)).map(([start, word]) => splice(start, 0, word)),
    fc.tuple(place, place).map(([one, other]) => swapLines(one, other)),
  );
}

/** What {@link mutated} inserts and replaces by. */
export interface Damage {
  /** What means something in the format. */
  readonly words: readonly string[];
  /** Default: mostly ASCII, also anything else. */
  readonly character?: fc.Arbitrary<string>;
}

const anyCharacter = fc.oneof(
  fc.integer({ min: 0, max: 127 }).map((code) => String.fromCharCode(code)),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
);

/** One of `texts`, damaged in one to four places. */
export function mutated(
  texts: fc.Arbitrary<string>,
  { words, character = anyCharacter }: Damage,
): fc.Arbitrary<string> {
  const changes = fc.array(changeOf(words, character), { minLength: 1, maxLength: 4 });
  return fc.tuple(texts, changes).map(([text, all]) => all.reduce((damaged, change) => change(damaged), text));
}

/** Cuts bytes into chunks at random places. */
export const anyCuts: fc.Arbitrary<(bytes: Buffer) => Buffer[]> = fc
  .array(place, { maxLength: 8 })
  .map((places) => (bytes) => {
    const cuts = [0, ...places.map((each) => Math.floor(each * bytes.length)).toSorted((a, b) => a - b), bytes.length];
    return cuts.slice(1).map((end, index) => bytes.subarray(cuts[index], end));
  });
