/** What a measured value is counted in. */
export type Unit = 'ms' | '%' | 'MB' | 'round trips';

/** One measured value, and what it is held against. */
export interface Row {
  readonly what: string;
  readonly measured: number;
  readonly unit: Unit;
  /** The other side, measured in the same run or derived from the configuration, in the same unit. */
  readonly against?: { readonly what: string; readonly value: number };
  /** None: the value is only shown. */
  readonly bar?: Bar;
}

/** The most that a value may be, in the row's unit, and the rule that this comes from. */
export interface Bar {
  readonly rule: string;
  readonly atMost: number;
}

/** One thing that is measured; it starts the servers that it needs and ends them. */
export interface Figure {
  /** For the command line. */
  readonly name: string;
  readonly summary: string;
  measure(): Promise<Row[]>;
}

/** Whether a row keeps to its bar; undefined where it has none. */
export function keepsBar({ measured, bar }: Row): boolean | undefined {
  return bar === undefined ? undefined : measured <= bar.atMost;
}
