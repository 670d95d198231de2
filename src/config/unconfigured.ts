import { defaultConfigFile } from './defaults.ts';

/** What whoever stops processes says where there is no configuration: it knows of no pool and no probe. */
export const unconfiguredWarning =
  `no configuration: everything is stopped undrained. Write ${defaultConfigFile}, or name the file with --config or ` +
  '$DRAINCTL_CONFIG where drainctl is started; "drainctl check" then tells whether it fits';
