import type { Probe } from '../../../src/probes/probe.ts';
import { type AnsweringServer, startAnsweringServer } from '../contracts/answering-server.ts';
import { startRawServer } from '../contracts/raw-server.ts';

/** What {@link brokenPages} needs of a probe. */
export interface PageProbe {
  /** The probe of the page at this URL. */
  at(url: string): Probe;
  /** A page whose count is `text`. */
  page(text: string): string;
}

/** Probes of pages that are none, by what is wrong, and one that never gets an answer. */
export async function brokenPages({ at, page }: PageProbe) {
  const server: AnsweringServer = await startAnsweringServer();
  const raw = await startRawServer(page('3'));
  const say = (text: string) => at(`${server.url}/say/${encodeURIComponent(text)}`);
  return {
    say,
    broken: {
      gone: () => at('http://127.0.0.1:1/'),
      rubbish: () => say('<html><body>0 active, 0 busy</body></html>'),
      negative: () => say(page('-1')),
      NaN: () => say(page('NaN')),
      'a fraction': () => say(page('1.5')),
      'an exponent': () => say(page('1e-3')),
      huge: () => say(page('9007199254740993')),
      failing: () => at(`${server.url}/status/500`),
      'not found': () => at(`${server.url}/status/404`),
      'a redirect': () => at(`${server.url}/status/302`),
      nothing: () => say(''),
      'a number alone': () => say('0'),
      'cut off': () => at(`${server.url}/cut`),
      'a reset': () => at(`${server.url}/reset`),
      'not HTTP': () => at(`http://127.0.0.1:${raw.port}/`),
    },
    hanging: () => at(`${server.url}/hang`),
  };
}
