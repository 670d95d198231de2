import { connect } from 'node:net';
import { onCleanUp } from './cleanup.ts';
import { waitFor } from './wait-for.ts';

/** How a server ended a client's stream. */
export interface Goodbye {
  /** The condition of its `<stream:error>`, such as `system-shutdown`; undefined where it sent none. */
  readonly condition: string | undefined;
  /** True where it sent `</stream:stream>`. */
  readonly streamClosed: boolean;
  /** How the connection ended: in order, or by an error such as `ECONNRESET`. */
  readonly connection: string;
}

/** An XMPP client with a session (RFC 6120). */
export interface XmppClient {
  /** `name@domain/resource`, as the server gave it. */
  readonly jid: string;
  /** How the server ended it; undefined while it goes on. */
  readonly goodbye: Goodbye | undefined;
}

/** Where to connect, and how. */
export interface XmppOptions {
  readonly port: number;
  readonly domain: string;
  /** With stream management, whose session may be resumed (XEP-0198). */
  readonly resumable?: boolean;
}

/**
 * Opens a session: anonymous, without TLS, bound and available. A stream that the server closes without an error is closed by
 * the client as well; otherwise the client only waits for the end of the connection. Rejects where there is no session within 10 s.
 */
export async function startXmppClient({ port, domain, resumable = false }: XmppOptions): Promise<XmppClient> {
  let received = '';
  let connection: string | undefined;
  const socket = connect(port, '127.0.0.1');
  onCleanUp(() => void socket.destroy());
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    received += chunk;
    if (received.includes('</stream:stream>') && !received.includes('<stream:error>')) socket.end('</stream:stream>');
  });
  socket.once('error', (error) => {
    connection ??= 'code' in error ? String(error.code) : error.message;
  });
  socket.once('end', () => {
    connection ??= 'in order';
  });

  /** Sends, and gives what has come since once it holds `wanted`. */
  const ask = async (text: string, wanted: string): Promise<string> => {
    received = '';
    socket.write(text);
    const what = `${wanted} of the XMPP server`;
    await waitFor(() => received.includes(wanted) || connection !== undefined, { what, intervalMs: 5 });
    if (connection !== undefined) throw new Error(`the connection ended (${connection}) before ${wanted}: ${received}`);
    return received;
  };
  const stream = `<?xml version='1.0'?><stream:stream to='${domain}' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>`;
  await ask(stream, '</stream:features>');
  await ask("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='ANONYMOUS'/>", '<success');
  await ask(stream, '</stream:features>');
  const bound = await ask("<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>", '</iq>');
  if (resumable) await ask("<enable xmlns='urn:xmpp:sm:3' resume='true'/>", '<enabled');
  await ask('<presence/>', '<presence');

  return {
    jid: /<jid>([^<]*)<\/jid>/.exec(bound)?.[1] ?? '',
    get goodbye() {
      if (connection === undefined) return undefined;
      const condition = /<stream:error>.*?<([a-z-]+) /s.exec(received)?.[1];
      return { condition, streamClosed: received.includes('</stream:stream>'), connection };
    },
  };
}
