import { excerpt, parseCount } from '../../count.ts';

/** The states of a worker that has nothing in flight: open slot, waiting, starting, ending idle, idle keep-alive. */
const idleStates = new Set(['.', '_', 'S', 'I', 'K']);

/** All states that mod_status writes: https://httpd.apache.org/docs/2.4/mod/mod_status.html */
const scoreboardPattern = /^[._SIKRWDCLG]+$/;

/** What the event MPM must tell of the connections that have no worker. */
const asyncFields = ['ConnsAsyncWriting', 'ConnsAsyncKeepAlive', 'ConnsAsyncClosing'];

/**
 * How much is in flight by an answer of mod_status to `?auto`, our own request left out. Throws an Error that says what
 * is wrong with any other text.
 *
 * The scoreboard has every worker, BusyWorkers none of a child that ends gracefully; so BusyWorkers only tells whether
 * the scoreboard is whole.
 */
export function countBusy(page: string): number {
  const fields = fieldsOf(page);
  const scoreboard = fieldOf(fields, 'Scoreboard');
  if (!scoreboardPattern.test(scoreboard)) throw new Error(`its scoreboard is not known: ${excerpt(scoreboard)}`);
  refuseUnlessWhole(scoreboard, fields);
  if (!scoreboard.includes('W')) throw new Error('its scoreboard does not have the request that asks for it');
  const working = [...scoreboard].filter((state) => !idleStates.has(state)).length;
  return working - 1 + countAsync(fields);
}

function fieldsOf(page: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const line of page.split(/\r?\n/)) {
    const [, name, value] = /^(\w[\w ]*): (.*)$/.exec(line) ?? [];
    if (name === undefined || value === undefined) continue;
    if (fields.has(name)) throw new Error(`its page has ${name} twice`);
    fields.set(name, value);
  }
  return fields;
}

function fieldOf(fields: ReadonlyMap<string, string>, name: string): string {
  const value = fields.get(name);
  if (value === undefined) throw new Error(`its answer is no page of mod_status: there is no ${name}`);
  return value;
}

function countOf(fields: ReadonlyMap<string, string>, name: string): number {
  const text = fieldOf(fields, name);
  const count = parseCount(text);
  if (count === undefined) throw new Error(`its ${name} is no whole number of 0 or more: ${excerpt(text)}`);
  return count;
}

function refuseUnlessWhole(scoreboard: string, fields: ReadonlyMap<string, string>): void {
  const slots = (belongs: (state: string) => boolean) => [...scoreboard].filter(belongs).length;
  const busy = slots((state) => state === 'K' || !idleStates.has(state));
  if (busy < countOf(fields, 'BusyWorkers') || slots((state) => state === '_') < countOf(fields, 'IdleWorkers'))
    throw new Error('its scoreboard has fewer workers than BusyWorkers and IdleWorkers say');
}

/** Connections that no worker has: all but the idle ones, also of kinds that a later Apache adds. */
function countAsync(fields: ReadonlyMap<string, string>): number {
  if (fieldOf(fields, 'ServerMPM') === 'event') for (const name of asyncFields) countOf(fields, name);
  return [...fields.keys()]
    .filter((name) => name.startsWith('ConnsAsync') && name !== 'ConnsAsyncKeepAlive')
    .reduce((sum, name) => sum + countOf(fields, name), 0);
}
