import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { execa } from 'execa';
import { onCleanUp } from './cleanup.ts';
import { temporaryDirectory } from './temporary-directory.ts';

/** An HTTPS server whose certificate nobody vouches for but itself; it answers `ok` to everything. */
export interface TlsServer {
  readonly url: string;
  /** The certificate, which is its own authority. */
  readonly caFile: string;
}

/** Starts one on a loopback port. */
export async function startTlsServer(): Promise<TlsServer> {
  const directory = temporaryDirectory();
  const [keyFile, caFile] = [directory.file('key.pem'), directory.file('ca.pem')];
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', keyFile];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
  await execa('openssl', ['req', '-x509', '-days', '1', ...key, '-out', caFile, ...subject]);
  const server = createServer({ key: readFileSync(keyFile), cert: readFileSync(caFile) }, (_, response) => {
    response.end('ok');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onCleanUp(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  // A TCP server that listens has such an address.
  return { url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`, caFile };
}
