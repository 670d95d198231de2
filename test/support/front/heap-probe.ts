import { readFileSync, rmSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { signalProcess } from '../marked-processes.ts';
import type { TemporaryDirectory } from '../temporary-directory.ts';
import { waitFor } from '../wait-for.ts';
import { frontFixture } from './twins.ts';

/** What a process of Node uses after its garbage was collected, in bytes, and how much of what may leak it has. */
export interface MemoryUse {
  readonly heapUsed: number;
  readonly rss: number;
  readonly external: number;
  /** Of events of `process` itself. */
  readonly listeners: number;
  /** Objects that are alive; -1 where this Node can't count them. */
  readonly emitters: number;
  readonly signals: number;
  /** Timers, sockets, requests and the like that are under way. */
  readonly resources: number;
}

/** The environment that lets {@link memoryOf} measure a process of Node, and ends it where its heap outgrows `maxHeapMib`. */
export function probedEnvironment(directory: TemporaryDirectory, maxHeapMib: number): Record<string, string> {
  const preload = pathToFileURL(frontFixture('heap-probe.mjs')).href;
  return {
    NODE_OPTIONS: `--import=${preload} --max-old-space-size=${maxHeapMib}`,
    HEAP_PROBE_FILE: probeFile(directory),
  };
}

/** Measures the process that was started with {@link probedEnvironment}. */
export async function memoryOf(pid: number, directory: TemporaryDirectory): Promise<MemoryUse> {
  rmSync(probeFile(directory), { force: true });
  if (!signalProcess(pid, 'SIGUSR2')) throw new Error(`there is no process ${pid} any more`);
  return waitFor(() => JSON.parse(readFileSync(probeFile(directory), 'utf8')) as MemoryUse, {
    what: `the memory of process ${pid}`,
  });
}

function probeFile(directory: TemporaryDirectory): string {
  return directory.file('memory.json');
}
