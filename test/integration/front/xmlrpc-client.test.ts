import { beforeAll, describe, expect, test } from 'vitest';
import {
  changes,
  goodCalls,
  introspection,
  methods,
  multicalls,
  strangeCalls,
  unknownMethods,
} from '../../support/front/call-tables.ts';
import { drainedGroups, everyKindOfProgram, pairSections } from '../../support/front/programs.ts';
import { type PythonCall, type PythonValue, pythonCalls } from '../../support/front/python-client.ts';
import { startTwins, type Twins } from '../../support/front/twins.ts';

describe("Python's xmlrpc.client", () => {
  let twins: Twins;

  beforeAll(async () => {
    twins = await startTwins({
      programs: everyKindOfProgram,
      drained: drainedGroups,
      supervisord: { extra: pairSections },
    });
  });

  test('is told of all methods of supervisord, and of those of drainctl', async () => {
    const listed = async (url: string) =>
      (await pythonCalls(twins.front, [{ method: 'system.listMethods' }], url))[0] ?? [];

    const direct = await listed(twins.front.supervisord.url);
    const front = await listed(twins.front.serverUrl);

    expect(direct).toEqual(expect.arrayContaining(Object.keys(methods).map((name) => `'${name}'`)));
    expect(direct).toHaveLength(Object.keys(methods).length + 3);
    expect(front.filter((line) => !line.startsWith("'drain."))).toEqual(direct);
    expect(front).toContain("'drain.getStatus'");
  });

  describe.each([
    ['called well', goodCalls],
    ['called with strange parameters', strangeCalls],
    ['no method', unknownMethods],
    ['introspection', introspection],
    ['multicall', multicalls],
    ['stop and start', changes],
  ] as const)('%s', (_, calls) => {
    let direct: readonly (readonly string[])[];
    let front: readonly (readonly string[])[];

    beforeAll(async () => {
      await twins.settle();
      [direct, front] = await Promise.all([pythonCalls(twins.direct, calls), pythonCalls(twins.front, calls)]);
      // A hundred calls and more, some of which wait a second or two for supervisord.
    }, 180_000);

    test.each(calls.map((call, index) => [nameOf(call), index] as const))('%s', (_name, index) => {
      const [asked, through] = [inAnyOrder(direct[index]), inAnyOrder(front[index])];
      if (isBareRefusal(asked) && isOwnRefusal(through)) return;
      expect(through).toEqual(asked);
    });
  });
});

/** supervisord answers with a bare 500 where it fails at a strange parameter, and with 400 where it can't read the call. */
function isBareRefusal(lines: readonly string[]): boolean {
  return /^ProtocolError (?:400|500) /.test(lines.join('\n'));
}

/** A fault that says what is wrong with the call or its parameters, which is as good. */
function isOwnRefusal(lines: readonly string[]): boolean {
  return /^Fault (?:2 'INCORRECT_PARAMETERS|1009 'RPC_PROTOCOL): ./.test(lines.join('\n'));
}

/** Which process of a group ends first is chance, and so is the order of the group's results. */
function inAnyOrder(lines: readonly string[] | undefined): readonly string[] {
  if (lines === undefined) throw new Error('the call was not made');
  return lines.some((line) => line.includes("'status': ")) ? lines.toSorted() : lines;
}

function nameOf(call: PythonCall): string {
  if ('settle' in call) return 'in between, all settles';
  if ('multicall' in call)
    return `MultiCall ${call.multicall.map(([method, params]) => signature(method, params)).join(', ')}`;
  return signature(call.method, call.params ?? []);
}

function signature(method: string, params: readonly PythonValue[]): string {
  return `${method}(${params.map((param) => JSON.stringify(param)).join(', ')})`;
}
