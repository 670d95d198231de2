import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** What the kernel says that a process has. proc(5) */
export interface ProcessResources {
  readonly rssKib: number;
  readonly threads: number;
  /** How many files of each kind it has open: `socket`, `pipe`, `anon_inode`, `file`. */
  readonly openFiles: ReadonlyMap<string, number>;
}

/** Looks at a process. Throws where there is none of that id. */
export function resourcesOf(pid: number): ProcessResources {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const number = (key: string) => Number(new RegExp(`^${key}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? Number.NaN);
  return { rssKib: number('VmRSS'), threads: number('Threads'), openFiles: openFilesOf(pid) };
}

/** All files that a process has open, of whatever kind. */
export function countOpenFiles({ openFiles }: ProcessResources): number {
  return [...openFiles.values()].reduce((sum, count) => sum + count, 0);
}

function openFilesOf(pid: number): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of readdirSync(`/proc/${pid}/fd`)) {
    const kind = kindOf(`/proc/${pid}/fd/${name}`);
    if (kind !== undefined) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return counts;
}

/** Undefined where it was closed in the meantime. */
function kindOf(link: string): string | undefined {
  try {
    return /^(socket|pipe|anon_inode):/.exec(readlinkSync(link))?.[1] ?? 'file';
  } catch {
    return undefined;
  }
}
