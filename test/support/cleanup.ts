/** Frees one resource: a process, a directory, a timer. Must be idempotent and must not hang. */
export type CleanUp = () => void | Promise<void>;

/** Resources opened since the scope began, in the order of opening, each with what to do if this process just ends. */
type Scope = Map<CleanUp, (() => void) | undefined>;

const scopes: Scope[] = [new Map()];

/**
 * Registers a resource, so that it is freed when the current scope ends even if the test that opened it failed;
 * `atExit` frees it without waiting, for when the process exits before that. The returned function forgets the
 * resource again; call it once it has been freed on purpose.
 */
export function onCleanUp(cleanUp: CleanUp, atExit?: () => void): () => void {
  const scope = scopes.at(-1);
  scope?.set(cleanUp, atExit);
  return () => scope?.delete(cleanUp);
}

/** Begins a scope of its own, such as one test within a file. Tests that run concurrently in one file can't use scopes. */
export function beginScope(): void {
  scopes.push(new Map());
}

/** Ends the current scope: frees all that is still open in it, last opened first, and then throws what went wrong. */
export async function endScope(): Promise<void> {
  const scope: Scope = scopes.at(-1) ?? new Map();
  if (scopes.length > 1) scopes.pop();
  const errors: unknown[] = [];
  for (const cleanUp of [...scope.keys()].reverse()) {
    try {
      await cleanUp();
    } catch (error) {
      errors.push(error);
    }
  }
  scope.clear();
  if (errors.length > 0) throw new AggregateError(errors, `not everything was freed: ${errors.join('; ')}`);
}

process.on('exit', () => {
  const open = scopes.flatMap((scope) => [...scope.values()]);
  for (const atExit of open.reverse()) atExit?.();
});
