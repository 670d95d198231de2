import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { waitFor } from '../wait-for.ts';

/** A hierarchy that a systemd keeps its units in. */
interface Hierarchy {
  /** How a line of /proc/self/cgroup begins that tells our own place in it. */
  readonly line: string;
  /** Where it is mounted: the first of these that is there. */
  readonly mounts: readonly string[];
}

const hierarchies: readonly Hierarchy[] = [
  { line: '0::', mounts: ['/sys/fs/cgroup/unified', '/sys/fs/cgroup'] },
  { line: 'name=systemd:', mounts: ['/sys/fs/cgroup/systemd'] },
];

/** Makes a control group called `name` below our own, in each hierarchy that this machine has; gives their folders. */
export function makeCgroups(name: string): string[] {
  const own = readFileSync('/proc/self/cgroup', 'utf8').split('\n');
  return hierarchies.flatMap(({ line: start, mounts }) => {
    const place = own.map((line) => line.replace(/^\d+:(?=name=)/, '')).find((line) => line.startsWith(start));
    const mount = mounts.find((path) => existsSync(join(path, 'cgroup.procs')));
    if (place === undefined || mount === undefined) return [];
    const folder = join(mount, place.slice(start.length), name);
    mkdirSync(folder, { recursive: true });
    return [folder];
  });
}

/** Removes control groups with all below them. The kernel may take a moment to see that their processes have ended. */
export async function removeCgroups(folders: readonly string[]): Promise<void> {
  await waitFor(
    () => {
      for (const folder of folders) removeTree(folder);
      return true;
    },
    { what: `the control groups ${folders.join(' and ')} to be empty`, timeoutMs: 30_000 },
  );
}

/** A control group's files can't be removed, and need not be. */
function removeTree(folder: string): void {
  if (!existsSync(folder)) return;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) removeTree(join(folder, entry.name));
  }
  rmdirSync(folder);
}
