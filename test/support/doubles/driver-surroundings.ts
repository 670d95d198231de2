import type { PoolServices } from '../../../src/pools/pool.ts';
import type { ProbeSubject } from '../../../src/probes/probe.ts';

/** For drivers that need nothing but their own connections. */
export const noServices: PoolServices = {
  async signalProcess() {
    throw new Error('this driver was not to send a signal');
  },
  processPids: async () => new Map(),
  takenOutAt: () => undefined,
  journalIsRead: () => true,
};

/** A process that nothing is known of. */
export const anySubject: ProbeSubject = {
  name: 'web:web_00',
  pid: () => undefined,
  lastCommunication: () => undefined,
};
