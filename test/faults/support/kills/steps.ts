import { readFileSync, renameSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type TemporaryDirectory, temporaryDirectory } from '../../../support/temporary-directory.ts';

/** Who takes the steps: `drainctl listen`, or any other drainctl. */
export type Actor = 'sidecar' | 'command';

/** One side of one step, as `test/fixtures/faults/kill-at-step.mjs` names them. */
export interface Moment {
  readonly id: string;
  readonly side: 'before' | 'after';
}

/** A moment that came, in the order in which they came. */
export interface SeenMoment extends Moment {
  readonly killed: boolean;
}

/** What the preloaded module reads at each step. */
interface StepSettings {
  /** Steps are counted from the beginning whenever this is another. */
  readonly round: number;
  /** Whose steps are wanted. */
  readonly actor: Actor | 'nobody';
  /** Where it appends each moment, a JSON document a line. */
  readonly log: string;
  /** Files and sockets by what they are called in every run; the first that fits counts. */
  readonly labels: readonly (readonly [path: string, label: string])[];
  /** `pid` 0: the process that takes the step. */
  readonly kill?: Moment & { readonly pid: number };
}

const preload = pathToFileURL(fileURLToPath(new URL('../../../fixtures/faults/kill-at-step.mjs', import.meta.url)));

/** Watches the steps of the drainctls that are started with its `env`, and has a process killed at one of them. */
export class StepWatch {
  readonly env: Readonly<Record<string, string>>;
  readonly #directory: TemporaryDirectory = temporaryDirectory();
  #round = 0;
  #labels: StepSettings['labels'] = [];

  constructor() {
    this.env = {
      NODE_OPTIONS: `--import=${preload.href}`,
      DRAINCTL_TEST_STEPS: this.#directory.file('steps.json'),
    };
    this.off();
  }

  /** The same as `environment=` of a section of supervisord. */
  get environmentLine(): string {
    return Object.entries(this.env)
      .map(([name, value]) => `${name}="${value}"`)
      .join(',');
  }

  /** Says how files and sockets are called. */
  name(labels: StepSettings['labels']): void {
    this.#labels = labels;
  }

  /** Begins a new round: writes down the steps of `actor`, and kills at the moment given. */
  on(actor: Actor, kill?: StepSettings['kill']): void {
    this.#round += 1;
    this.#write({ actor, ...(kill === undefined ? {} : { kill }) });
  }

  /** Ends the round; {@link seen} still tells of it. */
  off(): void {
    this.#write({ actor: 'nobody' });
  }

  /** The moments of this round so far. */
  seen(): SeenMoment[] {
    try {
      const lines = readFileSync(this.#log(), 'utf8').split('\n');
      // as: written by the module, which must write whole lines of this shape
      return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as SeenMoment);
    } catch {
      return [];
    }
  }

  /** True once the process was killed. */
  hasKilled(): boolean {
    return this.seen().some(({ killed }) => killed);
  }

  #log(): string {
    return this.#directory.file(`moments-${this.#round}`);
  }

  /** As a whole: it is read at any moment. */
  #write(settings: Pick<StepSettings, 'actor' | 'kill'>): void {
    const all: StepSettings = { round: this.#round, log: this.#log(), labels: this.#labels, ...settings };
    renameSync(this.#directory.write('steps.new', JSON.stringify(all)), this.#directory.file('steps.json'));
  }
}
