import type { Rule } from './rule.ts';
import {
  configPermissions,
  duplicateMembers,
  misfitEntries,
  programsPresent,
  uncountedStopwaitsecs,
  unknownPrograms,
} from './rules/configuration.ts';
import { journalProcesses, journalReadable, membersDrift } from './rules/journal.ts';
import {
  listenerPresent,
  listenerPriority,
  listenerRunning,
  listenerStopsignal,
  listenerStopwaitsecs,
} from './rules/listener.ts';
import { listenerBufferSize, listenerEvents, listenerSection, listenerStderr } from './rules/listener-section.ts';
import { capacityPossible, membersCounted, membersExist, poolAccess, poolAnswers } from './rules/pools.ts';
import {
  agentAsked,
  sidecarAnswers,
  sidecarConfig,
  sidecarReachesPools,
  sidecarSocket,
  sidecarVersion,
} from './rules/sidecar.ts';
import { standbyConfig, standbyOrder, standbyRunning } from './rules/standby.ts';
import { stateDirPersistent, stateDirWritable } from './rules/state-dir.ts';
import { stopSignals } from './rules/stop-signals.ts';
import {
  supervisorctlServerurl,
  supervisordAnswers,
  supervisordConfig,
  supervisordHttp,
  supervisordSettings,
  supervisordSocket,
} from './rules/supervisord.ts';
import {
  unitActive,
  unitExecStop,
  unitKillMode,
  unitNotifyAccess,
  unitOrdering,
  unitReadable,
  unitReloaded,
  unitTimeout,
} from './rules/unit.ts';

/** Every rule of `drainctl check`, in the order in which findings are shown. A new rule is added here by hand. */
export const rules: readonly Rule[] = [
  configPermissions,
  programsPresent,
  supervisordAnswers,
  supervisordSettings,
  unknownPrograms,
  misfitEntries,
  duplicateMembers,
  poolAnswers,
  poolAccess,
  membersExist,
  membersCounted,
  capacityPossible,
  listenerPresent,
  listenerRunning,
  listenerPriority,
  listenerStopwaitsecs,
  listenerStopsignal,
  standbyRunning,
  standbyOrder,
  standbyConfig,
  supervisordConfig,
  listenerSection,
  listenerBufferSize,
  listenerEvents,
  listenerStderr,
  sidecarAnswers,
  sidecarVersion,
  sidecarConfig,
  sidecarReachesPools,
  agentAsked,
  sidecarSocket,
  supervisordSocket,
  supervisordHttp,
  supervisorctlServerurl,
  unitReadable,
  unitActive,
  unitReloaded,
  unitExecStop,
  unitKillMode,
  unitNotifyAccess,
  unitTimeout,
  unitOrdering,
  stopSignals,
  uncountedStopwaitsecs,
  stateDirWritable,
  stateDirPersistent,
  journalReadable,
  journalProcesses,
  membersDrift,
];
