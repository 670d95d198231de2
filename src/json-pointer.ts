/** True for a text that RFC 6901 takes for a pointer: empty, or `/` before each step, `~` only in `~0` and `~1`. */
export function isJsonPointer(text: string): boolean {
  return /^(?:\/(?:[^~/]|~[01])*)*$/.test(text);
}

/** What a JSON value holds at a pointer; undefined where it holds nothing. RFC 6901, https://www.rfc-editor.org/rfc/rfc6901 */
export function atPointer(value: unknown, pointer: string): unknown {
  const steps = pointer.split('/').slice(1);
  return steps.map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~')).reduce(descend, value);
}

function descend(value: unknown, step: string): unknown {
  if (Array.isArray(value)) return /^(?:0|[1-9]\d*)$/.test(step) ? value[Number(step)] : undefined;
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
  // An object with this own member; JSON.parse made it.
  return (value as Record<string, unknown>)[step];
}
