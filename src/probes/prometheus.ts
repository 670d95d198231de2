/**
 * A gauge that the process itself exposes for Prometheus, over HTTP, HTTPS or a Unix socket. All series that match are
 * summed. Only an answer with status 2xx that is such a page as a whole counts; anything else is unknown.
 *
 * References: https://prometheus.io/docs/instrumenting/exposition_formats/ (text format 0.0.4),
 * https://github.com/prometheus/OpenMetrics (1.0)
 */
import * as z from 'zod';
import { durationSchema } from '../duration-schema.ts';
import { headersSchema, httpUrlSchema, socketPathSchema } from '../http-options.ts';
import { describeUrl, httpRequest } from '../http-request.ts';
import { probeFailed } from './failure.ts';
import { defineProbe } from './probe.ts';
import { parseExposition } from './prometheus/exposition.ts';
import { type SeriesQuery, sumSeries } from './prometheus/sum-series.ts';

const labelName = z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/, 'not the name of a label');

const options = z.object({
  url: httpUrlSchema('http://127.0.0.1:8100/metrics').describe('The page: an `http://` or `https://` URL.'),
  socket: socketPathSchema.optional().describe("A Unix socket to connect to in place of the URL's host and port."),
  headers: headersSchema.default({}).describe('Headers to send.'),
  timeout: durationSchema.prefault('2s').describe('From the connect to the last byte.'),
  metric: z
    .string()
    .regex(/^[a-zA-Z_:][a-zA-Z0-9_:]*$/, 'write the name of a metric alone, such as http_requests_in_flight')
    .describe('The name of a gauge.'),
  labels: z.record(labelName, z.string()).default({}).describe('Only series whose labels have these values.'),
  labels_regex: z
    .record(labelName, z.string().refine(isRegex, 'not a regular expression'))
    .default({})
    .describe('Only series whose labels match these regular expressions, each as a whole.'),
  absent: z
    .literal(0)
    .optional()
    .describe('`0`: where no series matches, nothing is in flight. Without it that is unknown.'),
  subtract: z
    .int()
    .min(0)
    .default(0)
    .describe("Taken off the sum, never below 0: 1 where the process counts the probe's own request."),
});

/** Pages of large programs have some megabytes. */
const maxBytes = 16 * 1024 * 1024;

/** The order of preference. Prometheus' own protocol buffers must not come. */
const accept = 'text/plain;version=0.0.4, application/openmetrics-text;version=1.0.0;q=0.9';

/** See the head of this file. */
export const prometheus = defineProbe({
  name: 'prometheus',
  summary: "Sums a gauge on the process's own /metrics page.",
  reference: 'https://prometheus.io/docs/instrumenting/exposition_formats/',
  options,
  example: `programs:
  api:
    in_flight:
      - probe: prometheus
        url: "http://127.0.0.1:91%(process_num)02d/metrics"
        metric: http_requests_in_flight
        labels: { listener: public }
        labels_regex: { method: "GET|POST" }
`,
  open({ url: text, socket: socketPath, headers, timeout: timeoutMs, metric, labels, labels_regex: regexes, ...rest }) {
    const { absent, subtract } = rest;
    const url = new URL(text);
    const labelsRegex = new Map(Object.entries(regexes).map(([label, regex]) => [label, wholeRegex(regex)]));
    const query: SeriesQuery = { metric, labels, labelsRegex };
    const target = `prometheus ${describeUrl(url, socketPath)} ${metric}`;
    const through = socketPath === undefined ? '' : `--unix-socket ${socketPath} `;
    const hint = `Try it: curl -i ${through}${describeUrl(url)}`;
    const fail = (why: string, cause?: unknown) => probeFailed(target, why, hint, cause);

    function sum(body: string): number {
      const total = sumSeries(parseExposition(body), query) ?? absent;
      if (total === undefined) throw new Error(`no series of ${metric} matches on it`);
      return total;
    }

    return {
      target,
      async measure(signal) {
        const request = { url, socketPath, headers: { accept, ...headers }, timeoutMs };
        const answer = await httpRequest(request, signal, maxBytes).catch((error: Error) => {
          signal.throwIfAborted();
          throw fail(error.message, error);
        });
        if (answer.status < 200 || answer.status > 299) throw fail(`it answered with status ${answer.status}`);
        try {
          return Math.max(0, sum(answer.body) - subtract);
        } catch (error) {
          throw fail(error instanceof Error ? error.message : String(error), error);
        }
      },
    };
  },
});

/** As in PromQL: not just a part of the value. */
function wholeRegex(regex: string): RegExp {
  return new RegExp(`^(?:${regex})$`, 's');
}

function isRegex(text: string): boolean {
  try {
    wholeRegex(text);
    return true;
  } catch {
    return false;
  }
}
