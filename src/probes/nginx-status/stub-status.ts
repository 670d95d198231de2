import { parseCount } from '../../count.ts';

/** What counts as in flight: requests at work, or all connections. */
export type Which = 'busy' | 'active';

const pagePattern =
  /^Active connections: (\d+) \nserver accepts handled requests\n (\d+) (\d+) (\d+) \nReading: (\d+) Writing: (\d+) Waiting: (\d+) \n$/;

/**
 * How much is in flight by a page of stub_status, our own request left out. Throws an Error that says what is wrong
 * with any other text, and with a page that does not count the request that asks for it.
 *
 * nginx reads its counters one after the other while the workers go on. A request goes from Reading to Writing, and
 * they are read in this order, so their sum never misses one; Active minus Waiting may, and so is not enough alone.
 */
export function countBusy(page: string, which: Which): number {
  const numbers = pagePattern.exec(page)?.slice(1).map(parseCount) ?? [];
  const [active, , , , reading, writing, waiting] = numbers;
  if (active === undefined || reading === undefined || writing === undefined || waiting === undefined)
    throw new Error('its answer is no page of stub_status');
  if (active === 0 || writing === 0)
    throw new Error('its page does not count the request that asks for it, so it is not as of now');
  return (which === 'active' ? active : Math.max(reading + writing, active - waiting)) - 1;
}
