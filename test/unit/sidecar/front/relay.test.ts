import { once } from 'node:events';
import * as http from 'node:http';
import { describe, expect, test } from 'vitest';
import { encodeFault, encodeResponse } from '../../../../src/rpc/encode.ts';
import type { RawAnswer } from '../../../support/doubles/raw-supervisord.ts';
import { serveScriptedFront } from '../../../support/doubles/scripted-front.ts';
import { callDocument, rawRequest } from '../../../support/front/raw-http.ts';
import { waitFor } from '../../../support/wait-for.ts';

const processes = ['web:web_00'];
const xml = { 'Content-Type': 'text/xml' };

/** `hold` is resolved by `release`. */
function gate(): { readonly hold: Promise<void>; readonly release: () => void } {
  let release = () => {};
  const hold = new Promise<void>((resolve) => {
    release = resolve;
  });
  return { hold, release };
}

/** Answers every request with these bytes. */
const answerWith =
  (body: string | Buffer, status = 200): RawAnswer =>
  (_, response) => {
    response.writeHead(status, { ...xml, 'Content-Length': Buffer.byteLength(body) }).end(body);
  };

describe('a call that is not ours', () => {
  test('reaches supervisord as it came, and its answer the client, byte for byte', async () => {
    const answer = Buffer.from("<?xml version='1.0'?>\n<methodResponse>\u001b[1m\0\xff</methodResponse>", 'latin1');
    const { supervisord, socket } = await serveScriptedFront({ processes, answer: answerWith(answer) });
    const body = callDocument('supervisor.later', ['a', 5]).replaceAll('\n', '\r\n ');

    const through = await rawRequest(socket, { body });

    expect(supervisord.requests[0]?.body).toBe(body);
    expect(through.body).toEqual(answer);
    expect(through.headers).toMatchObject({ 'content-type': 'text/xml', 'content-length': String(answer.length) });
  });

  test('goes with the credentials of the configuration, not those of the client', async () => {
    const credentials = { username: 'admin', password: 'secret' };
    const { supervisord, socket } = await serveScriptedFront({ processes, credentials, answer: answerWith('') });

    await rawRequest(socket, { body: callDocument('supervisor.getState'), auth: 'someone:else' });

    const sent = Buffer.from('admin:secret').toString('base64');
    expect(supervisord.requests[0]?.headers.authorization).toBe(`Basic ${sent}`);
  });

  test('is passed on a piece at a time', async () => {
    const { hold, release } = gate();
    const { socket } = await serveScriptedFront({
      processes,
      async answer(_, response) {
        response.writeHead(200, xml).write('first');
        await hold;
        response.end('second');
      },
    });
    const request = http.request({ socketPath: socket, path: '/RPC2', method: 'POST', agent: false });
    request.end(callDocument('supervisor.getState'));
    const [response]: http.IncomingMessage[] = await once(request, 'response');
    const [chunk] = await once(response as http.IncomingMessage, 'data'); // as: once() gave it

    expect(String(chunk)).toBe('first');

    release();
    await once(response as http.IncomingMessage, 'end'); // as: above
  });

  test('ends at supervisord when the client goes', async () => {
    let closed = false;
    const { supervisord, socket } = await serveScriptedFront({
      processes,
      answer: (_, response) => void response.once('close', () => (closed = true)),
    });
    const request = http.request({ socketPath: socket, path: '/RPC2', method: 'POST', agent: false });
    request.on('error', () => {}).end(callDocument('supervisor.startProcess', ['web:web_00', 1]));
    await waitFor(() => supervisord.requests.length === 1, { what: 'the call at supervisord' });

    request.destroy();

    await waitFor(() => closed, { what: 'the end of the call at supervisord' });
  });

  test('that supervisord cuts off ends the connection of the client', async () => {
    const { socket } = await serveScriptedFront({
      processes,
      answer: (_, response) => {
        response.writeHead(200, { ...xml, 'Content-Length': 100 }).write('half', () => response.destroy());
      },
    });

    await expect(rawRequest(socket, { body: callDocument('supervisor.getState') })).rejects.toThrow('aborted');
  });

  test.each([
    [400, 'RPC_PROTOCOL: supervisord could not read the call of supervisor.getState'],
    [401, 'SUPERVISOR_UNAUTHORIZED: supervisord at unix://'],
  ])('that supervisord refuses with HTTP %i is a fault that says why', async (status, text) => {
    const { socket } = await serveScriptedFront({ processes, answer: answerWith('no', status) });

    const { status: given, body } = await rawRequest(socket, { body: callDocument('supervisor.getState') });

    expect(given).toBe(200);
    expect(body.toString()).toContain(text);
  });

  test('is a fault where supervisord can not be reached', async () => {
    const { socket } = await serveScriptedFront({ processes, answer: (_, response) => void response.destroy() });

    const { body } = await rawRequest(socket, { body: callDocument('supervisor.getState') });

    expect(body.toString()).toContain('SUPERVISOR_UNREACHABLE: supervisord: unix://');
  });
});

describe('a call at which supervisord fails (HTTP 500)', () => {
  const failing =
    (signature: string): RawAnswer =>
    (request, response) => {
      const isQuestion = request.body.includes('system.methodSignature');
      answerWith(isQuestion ? signature : 'Internal Server Error', isQuestion ? 200 : 500)(request, response);
    };

  test('is fault 2 where a parameter is of another type than it says', async () => {
    const answer = failing(encodeResponse(['struct', 'string']));
    const { socket } = await serveScriptedFront({ processes, answer });

    const { body } = await rawRequest(socket, { body: callDocument('supervisor.getProcessInfo', [5]) });

    const text = 'INCORRECT_PARAMETERS: supervisor.getProcessInfo: parameter 1 is of type int, not string';
    expect(body.toString()).toBe(encodeFault(2, text));
  });

  test('stays as it is where the parameters are right: a log is not UTF-8', async () => {
    const answer = failing(encodeResponse(['string', 'string', 'int', 'int']));
    const { socket } = await serveScriptedFront({ processes, answer });

    const through = await rawRequest(socket, { body: callDocument('supervisor.readProcessLog', ['web', 0, 0]) });

    expect(through).toMatchObject({ status: 500, body: Buffer.from('Internal Server Error') });
  });
});

describe('a log that is followed', () => {
  test.each(['/logtail/web:web_00/stderr', '/logtail/caf%C3%A9', '/mainlogtail'])(
    '%s comes as it is written',
    async (path) => {
      const { supervisord, socket } = await serveScriptedFront({
        processes,
        answer: (_, response) => void response.writeHead(200, { 'Content-Type': 'text/plain' }).write('a line\n'),
      });
      const request = http.get({ socketPath: socket, path });
      const [response]: http.IncomingMessage[] = await once(request, 'response');
      const [chunk] = await once(response as http.IncomingMessage, 'data'); // as: once() gave it
      request.on('error', () => {}).destroy();

      expect(String(chunk)).toBe('a line\n');
      // supervisord keeps 64 KiB back from a client that means to close the connection.
      expect(supervisord.requests[0]).toMatchObject({ method: 'GET', path, headers: { connection: 'keep-alive' } });
    },
  );

  test('has its headers before its first byte', async () => {
    const { socket } = await serveScriptedFront({
      processes,
      answer: (_, response) => void response.writeHead(200, { 'Content-Type': 'text/plain' }).flushHeaders(),
    });
    const request = http.get({ socketPath: socket, path: '/mainlogtail' });

    const [response]: http.IncomingMessage[] = await once(request, 'response');

    expect(response?.statusCode).toBe(200);
    request.on('error', () => {}).destroy();
  });

  test('ends when the front is closed', async () => {
    const { front, socket } = await serveScriptedFront({
      processes,
      answer: (_, response) => void response.writeHead(200, { 'Content-Type': 'text/plain' }).write('a line\n'),
    });
    const request = http.get({ socketPath: socket, path: '/mainlogtail' });
    const [response]: http.IncomingMessage[] = await once(request, 'response');
    const aborted = once(response?.resume() as http.IncomingMessage, 'error'); // as: once() gave it

    front.close();

    expect(String(await aborted)).toContain('aborted');
  });

  test('that supervisord does not have is its 404', async () => {
    const { socket } = await serveScriptedFront({ processes, answer: answerWith('Not Found', 404) });

    expect(await rawRequest(socket, { path: '/logtail/nobody' })).toMatchObject({ status: 404 });
  });

  test('is read by GET only', async () => {
    const { socket } = await serveScriptedFront({ processes, answer: answerWith('') });

    expect(await rawRequest(socket, { path: '/mainlogtail', method: 'PUT' })).toMatchObject({ status: 405 });
  });
});

test.each(['/', '/index.html', '/logtail', '/RPC', '/stylesheets/supervisor.css', '/%00'])(
  '%s is 404, with where to look instead',
  async (path) => {
    const { socket, supervisord } = await serveScriptedFront({ processes, answer: answerWith('') });

    const { status, body } = await rawRequest(socket, { path });

    expect(status).toBe(404);
    expect(body.toString()).toContain('The web page of supervisord is not offered');
    expect(supervisord.requests).toEqual([]);
  },
);

test('a front that is taken for supervisord says so, and does not call itself without end', async () => {
  const { socket, supervisord } = await serveScriptedFront({
    processes,
    answer: (request, response) => {
      const { headers } = request;
      const back = http.request({ socketPath: socket, path: '/RPC2', method: 'POST', agent: false, headers });
      back.once('response', (answer) => answer.pipe(response)).end(request.body);
    },
  });

  const { body } = await rawRequest(socket, { body: callDocument('supervisor.getState') });

  expect(body.toString()).toContain("is the sidecar's own address, not supervisord's");
  expect(supervisord.requests).toHaveLength(1);
});
