import * as z from 'zod';
import { formatDuration } from '../duration.ts';
import { durationSchema } from '../duration-schema.ts';

/** A duration of at least `minMs`. */
export function duration(minMs: number) {
  return durationSchema.refine((ms) => ms >= minMs, { error: `must be at least ${formatDuration(minMs)}` });
}

/** A whole number of at least `min`. */
export function wholeNumber(min: number) {
  return z.int().min(min);
}

/** Text that is not empty. */
export function text() {
  return z.string().min(1, { error: 'must not be empty' });
}

/** The name of a driver. */
export function driverName() {
  const missing = 'it names the driver, and "drainctl drivers" lists them';
  return z
    .string({ error: ({ input }) => (input === undefined ? missing : undefined) })
    .min(1, { error: 'must not be empty' });
}

/** Text in which `findProblem` finds nothing. */
export function checkedText(findProblem: (value: string) => string | undefined) {
  return text().superRefine((value, context) => {
    const problem = value === '' ? undefined : findProblem(value);
    if (problem !== undefined) context.addIssue(problem);
  });
}

/** A path from the root. */
export function absolutePath() {
  return checkedText((path) =>
    path.startsWith('/') ? undefined : `must be an absolute path, not ${JSON.stringify(path)}`,
  );
}

/** The keys of a user name and its password. */
export interface CredentialKeys {
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly password_file?: string | undefined;
}

/** Complains of a user name without a password, a password without a user name, and two passwords. */
export function checkCredentials(
  { username, password, password_file: passwordFile }: CredentialKeys,
  context: z.core.$RefinementCtx,
): void {
  const problem = (key: string, message: string) => context.addIssue({ code: 'custom', path: [key], message });
  if (password !== undefined && passwordFile !== undefined) {
    problem('password_file', 'password and password_file exclude each other; keep one');
  }
  const hasPassword = password !== undefined || passwordFile !== undefined;
  if (username !== undefined && !hasPassword) problem('username', 'needs password or password_file beside it');
  if (username === undefined && hasPassword) {
    problem(password === undefined ? 'password_file' : 'password', 'needs username beside it');
  }
}
