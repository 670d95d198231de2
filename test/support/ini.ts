/** The keys of one section of a supervisord configuration; undefined leaves a key out. */
export type IniSection = Readonly<Record<string, string | number | boolean | undefined>>;

/** Renders one section of a supervisord configuration. */
export function iniSection(name: string, keys: IniSection): string {
  const lines = Object.entries(keys)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key} = ${value}`);
  return [`[${name}]`, ...lines, ''].join('\n');
}

/** Sets keys in the one section of `text`, keeping its other lines, comments included. */
export function overrideIni(text: string, keys: IniSection): string {
  const kept = text.split('\n').filter((line) => {
    const key = /^([a-z_]+)\s*=/.exec(line)?.[1];
    return key === undefined || !(key in keys);
  });
  const added = Object.entries(keys)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key} = ${value}`);
  return [...kept, ...added, ''].join('\n');
}
