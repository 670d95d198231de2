import type { SupervisordConfig } from '../supervisor/config-file.ts';
import type { ProcessState } from '../supervisor/process.ts';
import type { ProcessGroups } from '../supervisor/process-groups.ts';
import type { OwnProgram } from './command-line.ts';
import type { Shipped } from './shipped.ts';

/** The group of the listener. */
export const listenerGroup = 'drain';

/** The supervisord that runs here, as far as the listener's group is concerned. */
export interface RunningSupervisord {
  readonly groups: ProcessGroups;
  /** The state of the listener; undefined where its group is not loaded. */
  listenerState(signal?: AbortSignal): Promise<ProcessState | undefined>;
}

/** The systemd of this machine. */
export interface SystemdTarget {
  /** The folder for the administrator's units and drop-ins. */
  readonly folder: string;
  /** supervisord's unit. */
  readonly unit: string;
  /** What the unit's own file holds; '' where it can't be read. */
  readonly unitText: string;
  /** `systemctl daemon-reload`. */
  reload(signal?: AbortSignal): Promise<void>;
}

/** What an uninstall changes, and all that it goes by. */
export interface UninstallTarget {
  readonly stateDir: string;
  /** Undefined: it does not run, or not here. */
  readonly supervisord: RunningSupervisord | undefined;
  /** Undefined: systemd does not run here. */
  readonly systemd: Pick<SystemdTarget, 'reload'> | undefined;
  /** What an operator should know of how this was found. */
  readonly notes: readonly string[];
}

/** What an install changes, and all that it goes by. */
export interface InstallTarget extends UninstallTarget {
  readonly shipped: Pick<Shipped, 'listener' | 'dropIn'>;
  readonly program: OwnProgram;
  /** The PATHs that programs are looked for in. */
  readonly paths: { readonly supervisord: string; readonly systemd: string };
  /** drainctl's configuration where it is not the default one. */
  readonly configFile: string | undefined;
  readonly sidecarSocket: string;
  readonly supervisordConfig: SupervisordConfig;
  /** Undefined: nothing of systemd is to be touched. */
  readonly systemd: SystemdTarget | undefined;
}
