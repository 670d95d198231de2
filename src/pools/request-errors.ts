import { excerpt } from '../count.ts';
import { DrainctlError } from '../errors.ts';
import type { HttpAnswer } from '../http-request.ts';

type Remedy = readonly [reason: string, hint: string];

const whereToLook = 'See whether it runs, and compare the address.';

const connectRemedies: Readonly<Record<string, Remedy>> = {
  ENOENT: ['there is no such socket', whereToLook],
  ECONNREFUSED: ['nobody listens there', whereToLook],
  EACCES: ['permission denied', 'Give the user that drainctl runs as access to the socket.'],
  ENOTFOUND: ['the host name is unknown', 'Correct the host in the address, or its DNS entry.'],
};

/** Codes with which Node refuses a certificate. https://nodejs.org/docs/latest-v20.x/api/tls.html#x509-certificate-error-codes */
const certificateCodes = /CERT|SIGNATURE|^ERR_TLS|^ERR_SSL|ISSUER|CRL/;

/** The error of a request that got no answer; `what` is who was asked, such as `Consul at http://127.0.0.1:8500`. */
export function noAnswer(what: string, cause: Error): DrainctlError {
  const code = codeOf(cause);
  const suffix = code === '' || cause.message.includes(code) ? '' : ` (${code})`;
  if (certificateCodes.test(code)) {
    return new DrainctlError('POOL_REFUSED', `${what} can't be spoken to over TLS: ${cause.message}${suffix}.`, {
      hint: 'Name the certificate authority in "tls: { ca_file: … }", and what the server asks for in cert_file and key_file.',
      details: { errno: code },
      cause,
    });
  }
  const [reason, hint] = connectRemedies[code] ?? [cause.message, whereToLook];
  return new DrainctlError('POOL_UNREACHABLE', `${what} can't be reached: ${reason}${suffix}.`, {
    hint,
    details: { errno: code },
    cause,
  });
}

/** The error of an answer with a status that is not the wanted one. Trying again may help where the server says that it is its own fault. */
export function badStatus(what: string, request: string, { status, body }: HttpAnswer, hint: string): DrainctlError {
  const code = isTemporary(status) ? 'POOL_UNREACHABLE' : 'POOL_REFUSED';
  return new DrainctlError(code, `${what} answered ${request} with status ${status}: ${excerpt(body)}.`, {
    hint,
    details: { status },
  });
}

/** A secret or a certificate that the pool needs can't be read. */
export function unreadable(what: string, cause: Error): DrainctlError {
  return new DrainctlError('POOL_REFUSED', `${what} can't be asked: ${cause.message}.`, {
    hint: 'Correct the path or the name in the pool, and let the user that drainctl runs as read it.',
    cause,
  });
}

/** RFC 9110, 15.5.9, 15.6; RFC 6585, 4. */
export function isTemporary(status: number): boolean {
  return status >= 500 || status === 429 || status === 408;
}

function codeOf(error: Error): string {
  if ('code' in error && typeof error.code === 'string') return error.code;
  return error.cause instanceof Error ? codeOf(error.cause) : '';
}
