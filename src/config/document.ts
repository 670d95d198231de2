import {
  type Alias,
  type Document,
  isAlias,
  isCollection,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  parseDocument,
  visit,
  type YAMLError,
  type YAMLMap,
} from 'yaml';
import { placeFinder } from './places.ts';
import { type Finding, formatPath, type KeyPath, type Problem, quoteSource, sourceLines } from './problems.ts';
import { isTooDeep, maxAliasCount, shapeProblem } from './yaml-shape.ts';

/** A YAML file, read, with the places of all its values. */
export interface ConfigDocument {
  /** What it says, as plain values; undefined where {@link syntaxProblems} make it worthless. */
  readonly value: unknown;
  /** What is wrong with it as YAML, duplicate keys among it. */
  readonly syntaxProblems: readonly Problem[];
  /** Finds the place in the file. */
  locate(finding: Finding): Problem;
}

/** Offsets into the text. */
type Span = readonly [start: number, end: number];

/** Reads `text`, which came from `file`. Never throws. */
export function parseConfigDocument(file: string, text: string): ConfigDocument {
  const document = parseDocument(text, { prettyErrors: false, merge: true, logLevel: 'error' });
  // What is missing at the end of the file is shown at its last character.
  const lastOffset = Math.max(0, text.trimEnd().length - 1);
  const source = sourceLines(text);
  const placeOf = placeFinder(text);
  const problemAt = ([start, end]: Span, path: string, message: string): Problem => {
    const { line, column } = placeOf(Math.min(start, lastOffset));
    return { file, line, column, path, message, source: quoteSource(source, line, column, end - start) };
  };
  const complaints = [...document.errors, ...document.warnings];
  const shape = shapeProblem(document);
  const broken = shape === undefined ? brokenAliases(document) : [shape];
  const syntaxProblems = [
    ...complaints.map((error) => problemAt(error.pos, '', explain(error, text))),
    ...broken.map(({ span, message }) => problemAt(span, '', message)),
  ];
  const readable = broken.length === 0 && complaints.every(({ code }) => code === 'DUPLICATE_KEY');
  const plain = readable ? toPlain(document) : { value: undefined };
  if ('problem' in plain) syntaxProblems.push(problemAt([0, 0], '', plain.problem));
  return {
    value: 'value' in plain ? plain.value : undefined,
    syntaxProblems,
    locate: (finding) => problemAt(findSpan(document, text, finding), formatPath(finding.path), finding.message),
  };
}

function toPlain(document: Document.Parsed): { value: unknown } | { problem: string } {
  try {
    const value: unknown = document.toJS({ maxAliasCount });
    return isTooDeep(value) ? { problem: 'its aliases nest it too deep' } : { value };
  } catch (error) {
    // An "alias bomb": a few lines that would unfold into gigabytes.
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}

const explanations: Partial<Record<YAMLError['code'], string>> = {
  TAB_AS_INDENT: 'YAML is indented with spaces; there is a tab here',
  MULTIPLE_DOCS: 'there is a second document here; the configuration is one document, without "---" in it',
};

function explain(error: YAMLError, text: string): string {
  // yaml reads by recursion, and says so.
  if (error.message.startsWith('Maximum call stack')) return 'nested too deep';
  if (error.code !== 'DUPLICATE_KEY') return explanations[error.code] ?? lowerFirst(error.message);
  const key = /^[^:\n]*/.exec(text.slice(error.pos[0]))?.[0].trim() ?? '';
  return `the key ${key} is there twice; keep one`;
}

function lowerFirst(text: string): string {
  return text.slice(0, 1).toLowerCase() + text.slice(1);
}

/** Aliases of anchors that are not there, or that hold the alias itself. */
function brokenAliases(document: Document.Parsed): { span: Span; message: string }[] {
  const broken: { span: Span; message: string }[] = [];
  const anchors = new Map<string, Node>();
  visit(document, {
    Node(_, node, ancestors) {
      if (!isAlias(node)) {
        if (node.anchor !== undefined) anchors.set(node.anchor, node);
        return;
      }
      const target = anchors.get(node.source);
      const span = spanOf(node) ?? [0, 0];
      if (target === undefined) {
        broken.push({ span, message: `there is no anchor &${node.source} before this alias` });
      } else if (ancestors.some((ancestor) => ancestor === target)) {
        broken.push({ span, message: `the alias *${node.source} is inside its own anchor` });
      }
    },
  });
  return broken;
}

function findSpan(document: Document.Parsed, text: string, finding: Finding): Span {
  const { pair, node, complete } = walk(document, finding.path);
  const keySpan = pair === undefined ? undefined : spanOf(pair.key);
  const valueSpan = isBlockCollection(node) ? undefined : spanOf(node);
  const isEmpty = valueSpan !== undefined && valueSpan[0] === valueSpan[1];
  if (finding.at === 'key' || !complete || isEmpty) return keySpan ?? valueSpan ?? spanOf(node) ?? [0, 0];
  return excerptSpan(text, valueSpan, finding.excerpt) ?? valueSpan ?? keySpan ?? spanOf(node) ?? [0, 0];
}

function excerptSpan(text: string, span: Span | undefined, excerpt: string | undefined): Span | undefined {
  if (span === undefined || excerpt === undefined) return undefined;
  const start = text.indexOf(excerpt, span[0]);
  return start === -1 || start >= span[1] ? undefined : [start, start + excerpt.length];
}

/** Where a path leads: the deepest node there is, and the pair with its key, if it is a map's value. */
interface Walk {
  readonly node: unknown;
  readonly pair: Pair | undefined;
  /** False where the path goes on to what is not there. */
  readonly complete: boolean;
}

function walk(document: Document.Parsed, path: KeyPath): Walk {
  let reached: Walk = { node: document.contents, pair: undefined, complete: true };
  for (const key of path) {
    const step = child(resolved(document, reached.node), key, document);
    if (step === undefined) return { ...reached, complete: false };
    reached = { ...step, complete: true };
  }
  return reached;
}

function child(node: unknown, key: string | number, document: Document.Parsed): Omit<Walk, 'complete'> | undefined {
  if (isSeq(node)) {
    const item = typeof key === 'number' ? node.items[key] : undefined;
    return item === undefined ? undefined : { node: item, pair: undefined };
  }
  if (!isMap(node)) return undefined;
  const pair = pairsByKey(node).get(String(key));
  if (pair !== undefined) return { node: pair.value, pair };
  return mergedMaps(node.items, document)
    .map((merged) => child(merged, key, document))
    .find((found) => found !== undefined);
}

const pairsOfMaps = new WeakMap<YAMLMap, ReadonlyMap<string, Pair>>();

/** The last one counts where a key is there twice. Kept, because there may be as many mistakes in a map as it has keys. */
function pairsByKey(map: YAMLMap): ReadonlyMap<string, Pair> {
  const known = pairsOfMaps.get(map) ?? new Map(map.items.filter(isPair).map((item) => [keyText(item.key), item]));
  pairsOfMaps.set(map, known);
  return known;
}

/** What `<<: *base` or `<<: [*a, *b]` brings into a map. */
function mergedMaps(pairs: readonly Pair[], document: Document.Parsed): unknown[] {
  return pairs
    .filter((pair) => keyText(pair.key) === '<<')
    .flatMap(({ value }) => (isSeq(value) ? value.items : [value]))
    .map((value) => resolved(document, value));
}

function resolved(document: Document.Parsed, node: unknown): unknown {
  return isAlias(node) ? (node as Alias).resolve(document) : node;
}

function keyText(key: unknown): string {
  if (!isScalar(key)) return String(key);
  // With merging on, the key `<<` is a symbol of that description.
  if (typeof key.value === 'symbol') return key.value.description ?? '';
  return key.value === null ? '' : String(key.value);
}

function spanOf(node: unknown): Span | undefined {
  const range = isNode(node) ? (node as Node).range : undefined;
  return range === undefined || range === null ? undefined : [range[0], range[1]];
}

function isBlockCollection(node: unknown): boolean {
  return isCollection(node) && node.flow !== true;
}
