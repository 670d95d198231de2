/**
 * The page of nginx's ngx_http_stub_status_module. Its counters are those of all workers together, also of workers that
 * end after a reload. The probe's own request is left out.
 *
 * Reference: https://nginx.org/en/docs/http/ngx_http_stub_status_module.html
 */
import * as z from 'zod';
import { describeUrl } from '../http-request.ts';
import { curlCommand, measuredProbe, readPage } from './measured.ts';
import { countBusy } from './nginx-status/stub-status.ts';
import { pageOptions } from './page-options.ts';
import { defineProbe } from './probe.ts';

const options = z.object({
  ...pageOptions('http://127.0.0.1/nginx_status', 'The page'),
  which: z
    .enum(['busy', 'active'])
    .default('busy')
    .describe('`busy`: requests and connections at work. `active`: idle keep-alive connections too.'),
});

/** See the head of this file. */
export const nginxStatus = defineProbe({
  name: 'nginx_status',
  summary: "Reads nginx's stub_status page.",
  reference: 'https://nginx.org/en/docs/http/ngx_http_stub_status_module.html',
  options,
  example: `programs:
  nginx:
    in_flight:
      - { probe: nginx_status, url: "http://127.0.0.1:8080/nginx_status" }
`,
  open({ url: text, socket: socketPath, headers, timeout: timeoutMs, which }) {
    const url = new URL(text);
    const hint =
      `Try it: ${curlCommand(url, socketPath)}; nginx needs, and its reload: ` +
      `location = ${url.pathname} { stub_status; allow 127.0.0.1; allow unix:; deny all; }`;
    return measuredProbe(`nginx_status ${describeUrl(url, socketPath)}`, hint, async (signal) =>
      countBusy(await readPage({ url, socketPath, headers, timeoutMs }, signal), which),
    );
  },
});
