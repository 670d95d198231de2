import { basename, join } from 'node:path';
import { checksum, type FoundFile } from './files.ts';
import { type InstalledFile, type Manifest, type Replaced, type Role, self } from './manifest.ts';

/** A file that is to be there. */
export interface WantedFile {
  readonly file: string;
  readonly role: Role;
  readonly content: string;
}

/** `create`, `remove`; `update`: ours, by a later content; `replace`: another's, by force; `restore`: another's, back as it was. */
export type Action = 'create' | 'update' | 'replace' | 'remove' | 'restore';

/** One file that is to change. */
export interface Change {
  readonly file: string;
  readonly role: Role;
  readonly action: Action;
  readonly before: FoundFile | undefined;
  readonly after: FoundFile | undefined;
  /** What the manifest then says of it; undefined: nothing. */
  readonly entry: InstalledFile | undefined;
  /** Where `before` is kept, because nobody else has it. */
  readonly keptIn?: string;
  /** A copy that is of no use once the change is made. */
  readonly noLongerKept?: string;
}

/** A file that is not to be touched without force. */
export interface Refusal {
  readonly file: string;
  readonly reason: string;
  /** What the file should hold, or held when it was written. */
  readonly expected: string;
  readonly found: string;
}

/** What is to be done; nothing is, while there is a refusal. */
export interface Plan {
  readonly changes: readonly Change[];
  readonly refusals: readonly Refusal[];
}

/** What a plan is made from. */
export interface PlanInput {
  readonly manifest: Manifest;
  /** The file at a path, as it is now. */
  readonly read: (file: string) => FoundFile | undefined;
  /** Replaces and removes what is not as drainctl wrote it; what was there is kept. */
  readonly force: boolean;
  /** The folder for what is kept. */
  readonly keepIn: string;
}

type Step = Change | Refusal | undefined;

/**
 * What it takes that the wanted files are there, and nothing else of `roles` that an earlier install has written (for
 * another unit, say). A file that is as it should be is left alone, and is not ours if we did not write it.
 */
export function planInstall(wanted: readonly WantedFile[], roles: readonly Role[], input: PlanInput): Plan {
  const leftOver = input.manifest.files.filter(
    (entry) => roles.includes(entry.role) && !wanted.some(({ file }) => file === entry.file),
  );
  return planOf([
    ...wanted.map((each) => planFile(each, input)),
    ...leftOver.map((entry) => planTakeBack(entry, input)),
  ]);
}

/** What the manifest holds once that is done. */
export function filesAfterInstall(
  wanted: readonly WantedFile[],
  roles: readonly Role[],
  changes: readonly Change[],
  { files }: Manifest,
): InstalledFile[] {
  const others = files.filter(({ role }) => !roles.includes(role));
  const entries = wanted.map(({ file, content }) => {
    const changed = changes.find((change) => change.file === file);
    if (changed !== undefined) return changed.entry;
    const known = files.find((entry) => entry.file === file);
    return known === undefined ? undefined : { ...known, sha256: [checksum(content)], content };
  });
  return [...others, ...entries.filter((entry) => entry !== undefined)];
}

/** What the manifest holds until then, so that it can be taken back if it breaks off at any moment. */
export function filesMeanwhile(changes: readonly Change[], { files }: Manifest): InstalledFile[] {
  const entries = new Map(files.map((entry) => [entry.file, entry]));
  for (const { file, entry } of changes) {
    if (entry === undefined) continue;
    entries.set(file, { ...entry, sha256: [...entry.sha256, ...(entries.get(file)?.sha256 ?? [])] });
  }
  return [...entries.values()];
}

/** What it takes that everything is as it was before the first install. */
export function planUninstall(input: PlanInput): Plan {
  return planOf(input.manifest.files.map((entry) => planTakeBack(entry, input)));
}

function planOf(steps: readonly Step[]): Plan {
  const known = steps.filter((step) => step !== undefined);
  return {
    changes: known.filter((step) => 'action' in step),
    refusals: known.filter((step) => 'reason' in step),
  };
}

function planFile({ file, role, content }: WantedFile, { manifest, read, force, keepIn }: PlanInput): Step {
  const before = read(file);
  const sha256 = checksum(content);
  const known = manifest.files.find((entry) => entry.file === file);
  const entry: InstalledFile = {
    file,
    role,
    sha256: [sha256],
    content,
    ...(known?.replaced === undefined ? {} : { replaced: known.replaced }),
  };
  const after = { content: Buffer.from(content), mode: 0o644, ...self() };
  if (before === undefined) return { file, role, action: 'create', before, after, entry };

  const found = checksum(before.content);
  if (found === sha256) return undefined;
  const ours = { file, role, before, after: { ...after, ...ownership(before) } };
  if (known?.sha256.includes(found)) return { ...ours, action: 'update', entry };
  if (!force) {
    const reason = known === undefined ? 'was not written by drainctl' : 'has been changed since drainctl wrote it';
    return { file, reason, expected: content, found: before.content.toString() };
  }
  const keptIn = keptName(keepIn, file, found);
  // An edit of our own file is kept, and is not what was there before the first install.
  const replaced: Replaced = { keptIn, sha256: found, ...ownership(before) };
  return { ...ours, action: 'replace', entry: known === undefined ? { ...entry, replaced } : entry, keptIn };
}

function planTakeBack(entry: InstalledFile, { read, force, keepIn }: PlanInput): Step {
  const { file, role, replaced } = entry;
  const before = read(file);
  const found = before === undefined ? undefined : checksum(before.content);
  const after = replaced === undefined ? undefined : kept(replaced, read);
  if (replaced !== undefined && after === undefined && found !== replaced.sha256 && !force) {
    const reason = `has replaced another, and the copy of that one, ${replaced.keptIn}, is gone or damaged`;
    return { file, reason, expected: '', found: before?.content.toString() ?? '' };
  }
  const change: Omit<Change, 'action'> = {
    file,
    role,
    before,
    after,
    entry: undefined,
    ...(replaced === undefined ? {} : { noLongerKept: replaced.keptIn }),
  };
  const action = after === undefined ? 'remove' : 'restore';
  if (before === undefined) return after === undefined ? undefined : { ...change, action };
  if (found === undefined || entry.sha256.includes(found)) return { ...change, action };
  // Somebody has put it back already.
  if (found === replaced?.sha256) return undefined;
  if (force) return { ...change, action, keptIn: keptName(keepIn, file, found) };
  const reason = 'has been changed since drainctl wrote it';
  return { file, reason, expected: entry.content, found: before.content.toString() };
}

/** What `--force` had replaced, as it was; undefined where the copy has gone or is another. */
function kept({ keptIn, sha256, mode, uid, gid }: Replaced, read: PlanInput['read']): FoundFile | undefined {
  const copy = read(keptIn);
  return copy === undefined || checksum(copy.content) !== sha256
    ? undefined
    : { content: copy.content, mode, uid, gid };
}

function keptName(folder: string, file: string, sha256: string): string {
  return join(folder, `${basename(file)}.${sha256.slice(0, 12)}`);
}

function ownership({ mode, uid, gid }: FoundFile): Omit<FoundFile, 'content'> {
  return { mode, uid, gid };
}
