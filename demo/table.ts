/** What came of one shutdown. */
export interface Row {
  readonly name: string;
  readonly requests: number;
  readonly failed: number;
  /** From the command until supervisord had gone. */
  readonly seconds: number;
  /** Why each failed request did. */
  readonly failures: readonly string[];
}

/** The demo's result as a table for people. */
export function renderTable(rows: readonly Row[]): string {
  const line = (cells: readonly string[]) =>
    cells.map((cell, index) => (index === 0 ? cell.padEnd(10) : cell.padStart(10))).join('');
  const body = rows.map(({ name, requests, failed, seconds }) =>
    line([name, requests.toLocaleString('en'), failed.toLocaleString('en'), seconds.toFixed(1)]),
  );
  return [line(['shutdown', 'requests', 'failed', 'seconds']), ...body].join('\n');
}
