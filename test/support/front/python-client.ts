import { execa } from 'execa';
import { markVariable } from '../run-id.ts';
import { withoutVolatile } from './normalise.ts';
import { frontFixture, type Twin } from './twins.ts';

/** A value that Python's client can be asked to send; `{binary}` and `{date}` stand for base64 and a date. */
export type PythonValue = string | number | boolean | readonly PythonValue[] | { readonly [name: string]: PythonValue };

/** One call, several in one with xmlrpc.client.MultiCall, or a wait until nothing is on its way up or down, nor runs in the group `settle`. */
export type PythonCall =
  | { readonly settle: string }
  | { readonly method: string; readonly params?: readonly PythonValue[] }
  | { readonly multicall: readonly (readonly [method: string, params: readonly PythonValue[]])[] };

/** Debian's Python, which supervisord runs on too. */
const python = '/usr/bin/python3';

/**
 * Makes these calls with Python's xmlrpc.client, on one connection, and gives what each caller gets, line by line:
 * types and values, or the exception. Without what differs between equal supervisords.
 */
export async function pythonCalls(
  twin: Twin,
  calls: readonly PythonCall[],
  url: string = twin.serverUrl,
): Promise<readonly (readonly string[])[]> {
  const { stdout } = await execa(python, [frontFixture('xmlrpc-calls.py'), url], {
    env: { [markVariable]: twin.directory.path, PYTHONIOENCODING: 'utf-8' },
    input: JSON.stringify(calls),
    timeout: 170_000,
  });
  const results = JSON.parse(stdout) as string[][]; // as: the fixture writes it
  return results.map((lines) => lines.map((line) => withoutVolatile(line, twin)));
}
