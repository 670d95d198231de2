/**
 * What loads a module when it is first asked for, and keeps it. A bare import() looks for the file again, from each file that
 * has one, also when the module is loaded already; and an upgrade may have taken it away.
 */
export function lazy<T>(load: () => Promise<T>): () => Promise<T> {
  let loaded: Promise<T> | undefined;
  return () => {
    loaded ??= load().catch((error: unknown) => {
      loaded = undefined;
      throw error;
    });
    return loaded;
  };
}
