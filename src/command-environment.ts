/** Variables of our own environment that a command gets where they are set: what most programs need to work at all. */
export const passedOn: readonly string[] = ['PATH', 'HOME', 'USER', 'LOGNAME', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR'];

/**
 * A small environment: of `own`, which is ours, what {@link passedOn} and `named` name, then `added`. Nothing else of ours gets
 * out, because that may hold secrets.
 */
export function smallEnvironment(
  own: Readonly<Record<string, string | undefined>>,
  named: readonly string[],
  added: Readonly<Record<string, string>>,
): Record<string, string> {
  const kept = [...passedOn, ...named].flatMap((name) => {
    const value = own[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(kept), ...added };
}
