import type { OnCrash, OnDeadline } from './config.ts';

// No import of code here: peek.ts needs these without loading the schema.

/** Read where neither `--config` nor `$DRAINCTL_CONFIG` names a file; the only one that may be missing. */
export const defaultConfigFile = '/etc/drainctl.yaml';

/** `sidecar.socket` */
export const defaultSocket = '/run/drainctl.sock';

/** `sidecar.socket_mode`: only root and the sidecar's own user may stop things. */
export const defaultSocketMode = '0700';

/** `state_dir` */
export const defaultStateDir = '/var/lib/drainctl';

/** `pools.NAME.capacity_wait` */
export const defaultCapacityWaitMs = 60_000;

/** What `defaults` and then each program may set otherwise. `ready.deadline` is a process's time to become ready. */
export const defaultPolicy: {
  readonly deadlineMs: number;
  readonly quietMs: number;
  readonly pollMs: number;
  readonly onDeadline: OnDeadline;
  readonly onCrash: OnCrash;
  readonly maxUnavailable: number;
  readonly readyDeadlineMs: number;
} = {
  deadlineMs: 60_000,
  quietMs: 300,
  pollMs: 100,
  onDeadline: 'stop',
  onCrash: 'depool',
  maxUnavailable: 1,
  readyDeadlineMs: 60_000,
};
