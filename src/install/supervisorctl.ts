import { rpcCall } from '../rpc/client.ts';
import { findSection, type SupervisordConfig } from '../supervisor/config-file.ts';
import { Deadline, sleep } from '../time.ts';
import type { InstallTarget } from './target.ts';

const limitMs = 2_000;
const pollMs = 100;

/**
 * Tells how to have supervisorctl drain as well, where the sidecar that runs speaks supervisord's XML-RPC and supervisorctl
 * goes past it. One that was just started is waited for, up to `waitMs`. The file is the operator's; no install changes it.
 */
export async function supervisorctlNotes(
  { sidecarSocket, supervisordConfig }: Pick<InstallTarget, 'sidecarSocket' | 'supervisordConfig'>,
  { waitMs = 0, signal }: { readonly waitMs?: number; readonly signal?: AbortSignal | undefined } = {},
): Promise<string[]> {
  const url = `unix://${sidecarSocket}`;
  if (serverUrl(supervisordConfig) === url || !(await speaksForSupervisord(url, new Deadline(waitMs), signal)))
    return [];
  return [
    `supervisorctl still goes past the sidecar. To have its stop and restart drained too, write "serverurl=${url}" into ` +
      `[supervisorctl] of ${supervisordConfig.file}.`,
  ];
}

/** Tells that supervisorctl goes to a sidecar that is about to go. The file is the operator's; no uninstall changes it. */
export function supervisorctlReminder(sidecarSocket: string, config: SupervisordConfig): string[] {
  if (serverUrl(config) !== `unix://${sidecarSocket}`) return [];
  return [
    `supervisorctl goes to the sidecar, which is not there any more: in [supervisorctl] of ${config.file} set serverurl to ` +
      "supervisord's own socket, the one in [unix_http_server].",
  ];
}

function serverUrl(config: SupervisordConfig): string | undefined {
  return findSection(config, 'supervisorctl')?.entries.get('serverurl')?.value;
}

async function speaksForSupervisord(url: string, wait: Deadline, signal: AbortSignal | undefined): Promise<boolean> {
  for (;;) {
    try {
      const methods = await rpcCall({ url }, 'system.listMethods', [], { signal, timeoutMs: limitMs });
      return Array.isArray(methods) && methods.includes('supervisor.stopProcess');
    } catch {
      // No sidecar answers: then there is nothing to point supervisorctl to.
      if (wait.passed) return false;
    }
    await sleep(pollMs, signal);
  }
}
