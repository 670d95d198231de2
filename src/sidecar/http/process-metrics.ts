import type { Registry } from 'prom-client';
import heapSizeAndUsed from 'prom-client/lib/metrics/heapSizeAndUsed.js';
import osMemoryHeap from 'prom-client/lib/metrics/osMemoryHeap.js';
import processCpuTotal from 'prom-client/lib/metrics/processCpuTotal.js';
import processMaxFileDescriptors from 'prom-client/lib/metrics/processMaxFileDescriptors.js';
import processOpenFileDescriptors from 'prom-client/lib/metrics/processOpenFileDescriptors.js';
import processStartTime from 'prom-client/lib/metrics/processStartTime.js';

/**
 * Registers what is told of the process itself. Not all of prom-client's defaults: the event loop's delay costs a timer
 * each 10 ms and the garbage collector's time an observer, in a process that must be idle while it has nothing to do;
 * and some gauges are named `…_total`, which promtool refuses.
 */
export function registerProcessMetrics(registry: Registry): void {
  for (const register of [
    processCpuTotal,
    processStartTime,
    osMemoryHeap,
    processOpenFileDescriptors,
    processMaxFileDescriptors,
    heapSizeAndUsed,
  ]) {
    register(registry);
  }
}
