/**
 * A web program to try the example with; your own takes its place. It is a careless one: SIGTERM ends it at once, whatever it
 * is working on.
 *
 *   node server.mjs PORT
 *
 *   GET /?ms=500   answers after that long with its own name
 *   GET /health    200
 *   GET /load      how many requests are in flight, this one and those for /health not counted
 *
 * SIGUSR2: from now on each answer closes its connection, so that clients open the next one elsewhere. SIGHUP takes that back.
 */
import { createServer } from 'node:http';
import { hostname } from 'node:os';

const { HOST = '0.0.0.0', SUPERVISOR_PROCESS_NAME = 'web' } = process.env;
const name = `${hostname()}-${SUPERVISOR_PROCESS_NAME}`;
let inFlight = 0;
let leaving = false;

function answer(response, text) {
  if (leaving) response.setHeader('Connection', 'close');
  response.setHeader('Content-Type', 'text/plain');
  response.end(`${text}\n`);
}

const server = createServer((request, response) => {
  const url = new URL(request.url ?? '/', 'http://localhost');
  if (url.pathname === '/health') return answer(response, 'ok');
  if (url.pathname === '/load') return answer(response, inFlight);
  inFlight++;
  response.once('close', () => inFlight--);
  setTimeout(() => answer(response, name), Number(url.searchParams.get('ms') ?? 0));
});
// Longer than the load balancer keeps a connection for its next request, so that it is not closed under it.
server.keepAliveTimeout = 75_000;

process.on('SIGUSR2', () => {
  leaving = true;
});
process.on('SIGHUP', () => {
  leaving = false;
});

server.listen(Number(process.argv[2]), HOST);
