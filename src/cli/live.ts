import type { ProcessProgress, Step, StepKind } from '../drain/api.ts';
import { sayProgress } from '../drain/wording.ts';
import type { Priority } from '../systemd/priority.ts';
import type { CommandContext, TextOutput } from './command.ts';
import { printable } from './table.ts';

/** Shows a run while it goes on. */
export interface ProgressView {
  show(steps: readonly Step[], processes: readonly ProcessProgress[]): void;
  /** The run is over, or is no longer followed: leaves the screen in order. */
  end(): void;
  /** How often it wants to hear, in milliseconds. */
  readonly intervalMs: number;
}

/** A live line for each process on a terminal, else a line for each step; nothing with --quiet. */
export function progressView(context: CommandContext): ProgressView {
  if (context.quiet) return { show() {}, end() {}, intervalMs: 10_000 };
  return context.stderr.isTTY === true ? new LiveView(context.stderr, context.color) : new LineView(context.stderr);
}

const priorityOf = {
  info: 'info',
  progress: 'info',
  warning: 'warning',
  error: 'error',
} as const satisfies Record<StepKind, Priority>;

class LineView implements ProgressView {
  readonly intervalMs = 10_000;
  readonly #output: TextOutput;

  constructor(output: TextOutput) {
    this.#output = output;
  }

  show(steps: readonly Step[]): void {
    for (const step of steps) this.#output.write(`${printable(step.message)}\n`, priorityOf[step.kind]);
  }

  end(): void {}
}

const cursorUp = (lines: number) => `\u001b[${lines}A`;
const clearBelow = '\r\u001b[J';
const dim = (text: string) => `\u001b[2m${text}\u001b[22m`;
const yellow = (text: string) => `\u001b[33m${text}\u001b[39m`;

/** Steps that matter scroll by above; below stands one line for each process that is being worked on. */
class LiveView implements ProgressView {
  readonly intervalMs = 150;
  readonly #output: TextOutput;
  readonly #color: boolean;
  #drawn = 0;

  constructor(output: TextOutput, color: boolean) {
    this.#output = output;
    this.#color = color;
  }

  show(steps: readonly Step[], processes: readonly ProcessProgress[]): void {
    const said = steps.filter((step) => step.kind !== 'progress').map((step) => this.#stepLine(step));
    const live = this.#liveLines(processes);
    this.#output.write([this.#clear(), ...said.map(withNewline), ...live.map(withNewline)].join(''));
    this.#drawn = live.length;
  }

  end(): void {
    this.#output.write(this.#clear());
    this.#drawn = 0;
  }

  #clear(): string {
    return this.#drawn === 0 ? '' : cursorUp(this.#drawn) + clearBelow;
  }

  #stepLine(step: Step): string {
    const text = printable(step.message);
    return this.#color && step.kind !== 'info' ? yellow(text) : text;
  }

  #liveLines(processes: readonly ProcessProgress[]): string[] {
    const active = processes.filter((process) => process.phase !== '' && process.outcome === '');
    const room = Math.max(1, (this.#output.rows ?? 24) - 2);
    const lines = active.slice(0, room).map((process) => this.#processLine(process));
    if (active.length > room) lines.push(this.#fit(`... and ${active.length - room} more`));
    return lines;
  }

  #processLine(process: ProcessProgress): string {
    return this.#fit(`  ${printable(process.name)} ${sayProgress(process)}`);
  }

  /** A line that wrapped would be two on the screen, and the next clear would miss one. */
  #fit(text: string): string {
    const cut = text.slice(0, Math.max(10, (this.#output.columns ?? 80) - 1));
    return this.#color ? dim(cut) : cut;
  }
}

function withNewline(line: string): string {
  return `${line}\n`;
}
