import { excerpt } from '../../count.ts';
import { DrainctlError } from '../../errors.ts';
import type { HttpAnswer } from '../../http-request.ts';
import { badStatus, isTemporary } from '../request-errors.ts';

const enable =
  'Enable it in the virtual host of the balancer: <Location /balancer-manager> SetHandler balancer-manager; Require local ' +
  '</Location>, with "ProxyPass /balancer-manager !" before the other ProxyPass lines, and compare the address.';

/** What answers there is not the balancer manager. */
export function notManager(what: string, body: string): DrainctlError {
  return new DrainctlError(
    'POOL_REFUSED',
    `What answers at ${what} is not Apache's balancer manager: ${excerpt(body)}.`,
    {
      hint: enable,
      details: { answer: body.slice(0, 200) },
    },
  );
}

/** An answer with another status than 200. */
export function refused(what: string, method: string, answer: HttpAnswer): DrainctlError {
  return badStatus(what, method, answer, hintFor(answer.status));
}

function hintFor(status: number): string {
  if (status === 401)
    return 'Give the pool the user and the password that Apache asks for: "login: { username: …, password_file: … }".';
  if (status === 403)
    return 'Allow this machine at <Location /balancer-manager>: "Require local" or "Require ip ADDRESS".';
  return isTemporary(status) ? "See Apache's error log." : enable;
}

/** Apache has taken the request, and changed nothing. */
export function notCarriedOut(what: string, label: string, status: string): DrainctlError {
  return new DrainctlError(
    'POOL_REFUSED',
    `${what} answered, but did not change ${label}: its status is "${status}". It is left as it was.`,
    {
      hint: "Apache's error log says why: AH10187 means that its name differs on the way (a proxy in front of it, UseCanonicalName).",
      details: { status },
    },
  );
}

/** The balancer has `nonce=None`, with which Apache takes no changes. */
export function changesOff(what: string, balancer: string): DrainctlError {
  return new DrainctlError('POOL_REFUSED', `${what} takes no changes of balancer ${balancer}: its nonce is off.`, {
    hint: `Take "nonce=None" out of <Proxy balancer://${balancer}>, and reload Apache.`,
  });
}

/** Apache does not know these members; nothing was changed of them. */
export function noSuchWorker(what: string, labels: readonly string[], known: readonly string[]): DrainctlError {
  const has = known.length === 0 ? 'It has no worker at all.' : `It has ${known.join(', ')}.`;
  return new DrainctlError('POOL_MEMBER_MISSING', `${what} does not know the worker ${labels.join(', ')}. ${has}`, {
    hint:
      'Correct "balancer" and "worker" of the member: the balancer\'s name, and the URL as BalancerMember has it. The manager ' +
      'shows the balancers of its own virtual host only.',
    details: { members: labels },
  });
}

/** The journal holds something else than this driver wrote; nothing was changed. */
export function unreadableBefore(what: string, label: string): DrainctlError {
  return new DrainctlError(
    'POOL_REFUSED',
    `${label} can't be put back at ${what}: what the journal says of its state before is not readable. Nothing was changed.`,
    { hint: 'Put it back by hand, in the balancer manager: "Draining Mode" off.', details: { members: [label] } },
  );
}
