import { defineRule } from '../rule.ts';

/** Without the journal a crash forgets what was taken out. */
export const stateDirWritable = defineRule({
  name: 'state-dir-writable',
  severity: 'error',
  looksAt: '`state_dir` can be written, or made.',
  remedy: 'Mend its owner and mode, or set another state_dir.',
  needs: ['stateDir'],
  tells: 'stateDir',
  check: ({ stateDir: { path, unwritable } }) =>
    unwritable === undefined
      ? []
      : [
          {
            target: path,
            message: `The journal can't be written there (${unwritable}): a crash would forget what was taken out, and there is no history.`,
          },
        ],
});

/** statfs(2) */
const inMemory: ReadonlyMap<number, string> = new Map([
  [0x01021994, 'tmpfs'],
  [0x858458f6, 'ramfs'],
]);

/** Emptied at every boot, whatever their file system: file-hierarchy(7), tmpfiles.d(5). */
const volatileFolders = ['/run', '/var/run', '/tmp', '/dev/shm'];

/** The journal is what puts members back after a power loss. */
export const stateDirPersistent = defineRule({
  name: 'state-dir-persistent',
  severity: 'error',
  looksAt: '`state_dir` survives a reboot: it is neither in memory (tmpfs) nor below /run or /tmp.',
  remedy: 'Set state_dir to a folder on a disk, such as /var/lib/drainctl; in a container, to one on a volume.',
  needs: ['stateDir'],
  check({ stateDir: { path, existing, fileSystem } }) {
    const memory = inMemory.get(fileSystem);
    const folder = volatileFolders.find((each) => path === each || path.startsWith(`${each}/`));
    if (memory === undefined && folder === undefined) return [];
    const why = memory === undefined ? `${folder} is emptied at every boot` : `${existing} is ${memory}, in memory`;
    return [
      { target: path, message: `${why}: after a reboot nobody knows what was taken out, and the history is gone.` },
    ];
  },
});
