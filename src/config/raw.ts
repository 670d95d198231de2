// Looks at the file as it was written, before any schema has said that its form is right.

/** A map of the file. */
export type Keys = Readonly<Record<string, unknown>>;

/** The entries of a top-level map that are maps themselves. */
export function entriesOf(root: unknown, section: string): [string, Keys][] {
  const map = isMap(root) ? root[section] : undefined;
  return isMap(map) ? Object.entries(map).flatMap(([name, value]) => (isMap(value) ? [[name, value]] : [])) : [];
}

/** The items of a list that are maps. */
export function mapsIn(list: unknown): [number, Keys][] {
  return Array.isArray(list)
    ? list.flatMap((item: unknown, index): [number, Keys][] => (isMap(item) ? [[index, item]] : []))
    : [];
}

/** True for a map, not for a list. */
export function isMap(value: unknown): value is Keys {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
