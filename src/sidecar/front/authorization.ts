import { createHash, timingSafeEqual } from 'node:crypto';
import type { Credentials } from '../../config/config.ts';

/** How supervisord marks a password that is a SHA-1 in hexadecimal. http://supervisord.org/configuration.html#inet-http-server-section-settings */
const shaPrefix = '{SHA}';

/**
 * Tells whether a request with this Authorization header may be answered; every request where there are no
 * credentials. It takes the same time whatever is wrong. https://www.rfc-editor.org/rfc/rfc7617
 */
export function authorizer(credentials: Credentials | undefined): (authorization: string | undefined) => boolean {
  if (credentials === undefined) return () => true;
  const { username, password } = credentials;
  const isHashed = password.startsWith(shaPrefix);
  const wanted = isHashed ? password.slice(shaPrefix.length).toLowerCase() : password;
  return (authorization) => {
    const given = readBasic(authorization);
    const secret = isHashed ? createHash('sha1').update(given.password).digest('hex') : given.password;
    const isUser = isEqual(given.username, username);
    const isSecret = isEqual(secret, wanted);
    return isUser && isSecret && given.complete;
  };
}

function readBasic(authorization = ''): { username: string; password: string; complete: boolean } {
  const encoded = /^basic +(\S+) *$/i.exec(authorization)?.[1] ?? '';
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  if (colon === -1) return { username: '', password: '', complete: false };
  return { username: text.slice(0, colon), password: text.slice(colon + 1), complete: true };
}

/** Of hashes, for these have one length, and what is compared must. */
function isEqual(one: string, other: string): boolean {
  const hash = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(one), hash(other));
}
