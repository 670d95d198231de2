import { loadEncoder } from '../rpc/call-document.ts';
import { loadParser } from '../rpc/decode.ts';
import { loadExeca } from '../run-command.ts';

/**
 * Loads what is otherwise loaded when it is first needed: of a process that runs for weeks an upgrade may have taken the files
 * away by then.
 */
export async function loadAll(): Promise<void> {
  await Promise.all([loadExeca(), loadEncoder(), loadParser()]);
}
