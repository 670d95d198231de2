import { type Document, isCollection, isNode, isPair, isScalar } from 'yaml';

/** Deeper than this nothing of a configuration is; whoever walks the values does so by recursion. */
const maxDepth = 64;

/** How often an anchor may be used, what its own aliases unfold to included: programs by the hundred may share one. */
export const maxAliasCount = 1_000;

/** What makes a document no configuration before its values are looked at. */
export interface ShapeProblem {
  /** Where, as offsets into the text. */
  readonly span: readonly [start: number, end: number];
  readonly message: string;
}

/**
 * Looks for what YAML allows and a configuration has no use for: keys that are no text (turning maps of maps into text
 * takes exponential time), and nesting without end. Undefined: there is none of it.
 */
export function shapeProblem(document: Document.Parsed): ShapeProblem | undefined {
  const open: { readonly node: unknown; readonly depth: number }[] = [{ node: document.contents, depth: 0 }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { node, depth } = next;
    if (isPair(node)) {
      if (!isPlain(node.key)) return problemAt(node.key, 'a key must be text, not a map, a list, an alias or binary');
      open.push({ node: node.value, depth });
    } else if (isCollection(node)) {
      if (depth >= maxDepth) return problemAt(node, `nested more than ${maxDepth} deep`);
      for (const item of node.items) open.push({ node: item, depth: depth + 1 });
    }
  }
  return undefined;
}

/** Aliases can nest a value deeper than the text is. */
export function isTooDeep(value: unknown): boolean {
  let level = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > maxDepth) return true;
    // Each only once: what is shared by aliases is the same object.
    level = [
      ...new Set(level.flatMap((each) => (typeof each === 'object' && each !== null ? Object.values(each) : []))),
    ];
  }
  return false;
}

/** True for a key that is text already, or is text as a number is. */
function isPlain(key: unknown): boolean {
  return key === null || (isScalar(key) && (typeof key.value !== 'object' || key.value === null));
}

function problemAt(node: unknown, message: string): ShapeProblem {
  const [start, end] = (isNode(node) ? node.range : undefined) ?? [0, 0];
  return { span: [start, end], message };
}
