import { type DrainApi, occasions, type RunAction, type RunOptions, runActions } from '../drain/api.ts';
import { parseDuration } from '../duration.ts';
import { DrainctlError } from '../errors.ts';
import type { RpcMethod, RpcMethods } from '../rpc/methods.ts';
import type { RpcStruct, RpcValue } from '../rpc/rpc.ts';

/** Actions that nobody asks for. */
const internalActions: readonly RunAction[] = ['gate', 'recover', 'depool'];

/** One answer of `drain.wait` at the most this late, so that a client that has gone is noticed. */
const longestWaitMs = 60_000;

/** The `drain.*` methods of the sidecar's XML-RPC, over an engine. */
export function drainMethods(api: DrainApi): RpcMethods {
  return new Map<string, RpcMethod>([
    [
      'drain.getVersion',
      {
        help: 'The version, process id and configuration file of the sidecar.',
        signature: ['struct'],
        handle: () => api.getVersion(),
      },
    ],
    [
      'drain.getStatus',
      {
        help: 'Every process: its state in supervisord and in its pools, what is in flight (-1: unknown), since when and why.',
        signature: ['struct'],
        handle: () => api.getStatus(),
      },
    ],
    [
      'drain.getPlan',
      {
        help: 'What a run of this action on these names would do, in which order, and how long at worst. Changes nothing.',
        signature: ['struct', 'string', 'array', 'struct'],
        optionalParams: 1,
        handle: ([action, names, options]) =>
          api.getPlan(readAction(action), readNames(names), readOptions(options ?? {})),
      },
    ],
    [
      'drain.getHistory',
      {
        help: 'The latest runs, at most this many, the latest first.',
        signature: ['array', 'int'],
        handle: ([limit]) => api.getHistory(Math.max(0, Number(limit))),
      },
    ],
    [
      'drain.start',
      {
        help: 'Starts a run (drain, stop, start, restart, shutdown, pool) on these names, and gives its id. Options: deadline, for ("30s"), reason, force, forget, keep_supervisord, occasion.',
        signature: ['string', 'string', 'array', 'struct'],
        optionalParams: 1,
        handle: ([action, names, options]) =>
          api.start(readAction(action), readNames(names), readOptions(options ?? {})),
      },
    ],
    [
      'drain.wait',
      {
        help: 'Waits, at most this many seconds, for steps of the run after the one of this number (0: all) or for its end, and gives them.',
        signature: ['struct', 'string', 'int', 'double'],
        handle: ([run, since, timeoutS]) =>
          api.wait(
            String(run),
            Math.max(0, Number(since)),
            Math.min(longestWaitMs, Math.max(0, Number(timeoutS) * 1_000)),
          ),
      },
    ],
    [
      'drain.cancel',
      {
        help: 'Ends a run ("" for the current one), which puts back what it took out. False where there is none to end.',
        signature: ['boolean', 'string'],
        optionalParams: 1,
        handle: ([run]) => api.cancel(String(run ?? '')),
      },
    ],
    [
      'drain.pool',
      {
        help: 'Ends the holds on these names, puts the processes back, and gives the result when that is done.',
        signature: ['struct', 'array'],
        handle: async ([names], { signal }) => {
          const run = await api.start('pool', readNames(names), {});
          for (;;) {
            const { result } = await api.wait(run, 2 ** 31 - 1, longestWaitMs);
            if (result[0] !== undefined) return result[0];
            signal.throwIfAborted();
          }
        },
      },
    ],
  ]);
}

function readAction(value: RpcValue | undefined): RunAction {
  const action = runActions.find((candidate) => candidate === value);
  if (action !== undefined && !internalActions.includes(action)) return action;
  const known = runActions.filter((candidate) => !internalActions.includes(candidate)).join(', ');
  throw new DrainctlError('USAGE', `There is no action "${String(value)}".`, { hint: `Actions are ${known}.` });
}

function readNames(value: RpcValue | undefined): string[] {
  const names = Array.isArray(value) ? value : [];
  if (names.every((name) => typeof name === 'string')) return names;
  throw new DrainctlError('USAGE', 'The names must be strings.', { hint: 'Such as ["web:web_00", "worker:*"].' });
}

const optionReaders: Readonly<Record<string, (value: RpcValue) => RunOptions>> = {
  deadline: (value) => ({ deadlineMs: readDuration('deadline', value) }),
  for: (value) => ({ holdForMs: readDuration('for', value) }),
  reason: (value) => ({ reason: readText('reason', value) }),
  force: (value) => ({ force: readFlag('force', value) }),
  keep_supervisord: (value) => ({ keepSupervisord: readFlag('keep_supervisord', value) }),
  occasion: (value) => ({ occasion: readOccasion(value) }),
  forget: (value) => ({ forget: readFlag('forget', value) }),
};

function readOptions(value: RpcValue): RunOptions {
  let options: RunOptions = {};
  for (const [name, given] of Object.entries(value as RpcStruct)) {
    // as: the signature says struct, and the server has checked it
    const read = Object.hasOwn(optionReaders, name) ? optionReaders[name] : undefined;
    if (read === undefined) {
      throw new DrainctlError('USAGE', `There is no option "${name}".`, {
        hint: `Options are ${Object.keys(optionReaders).join(', ')}.`,
      });
    }
    options = { ...options, ...read(given) };
  }
  return options;
}

function readText(name: string, value: RpcValue): string {
  if (typeof value === 'string') return value;
  throw new DrainctlError('USAGE', `Option "${name}" is not a string.`, { hint: `Give "${name}" as a string.` });
}

function readFlag(name: string, value: RpcValue): boolean {
  if (typeof value === 'boolean') return value;
  throw new DrainctlError('USAGE', `Option "${name}" is not a boolean.`, { hint: `Give "${name}" as a boolean.` });
}

/** One that is not known, of a later drainctl say, is no reason to refuse a shutdown. */
function readOccasion(value: RpcValue): RunOptions['occasion'] {
  return occasions.find((occasion) => occasion === value);
}

function readDuration(name: string, value: RpcValue): number {
  const ms = typeof value === 'string' ? parseDuration(value) : undefined;
  if (ms !== undefined) return ms;
  throw new DrainctlError('USAGE', `Option "${name}" is not a duration: ${String(value)}.`, {
    hint: 'Write 500ms, 30s, 5m or 1m30s.',
  });
}
