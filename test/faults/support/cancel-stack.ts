import { existsSync, rmSync } from 'node:fs';
import type { Phase } from '../../../src/drain/api.ts';
import type { StepMoment } from '../../../src/steps/step.ts';
import { waitForStep } from '../../support/acceptance.ts';
import type { RunningProcess } from '../../support/processes.ts';
import { type Stack, startStack } from '../../support/stack.ts';
import type { StackConfig } from '../../support/stack-config.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../../support/temporary-directory.ts';
import { waitFor } from '../../support/wait-for.ts';
import { type HoldingRelay, startHoldingRelay } from './holding-relay.ts';

/** A stack in which a run can be held in its phases. */
export interface CancelStack {
  readonly stack: Stack;
  /**
   * Calls `begin`, which begins a run, and resolves when web_00 has come to this phase, or web_02 where it settles;
   * there it is held, and no other process gets further than that.
   */
  holdIn(phase: HoldablePhase, begin: () => RunningProcess): Promise<RunningProcess>;
  /** Nothing is held any more. */
  release(): Promise<void>;
}

/** The phases that last: the others are one write of the journal, over before anybody can do anything about it. */
export type HoldablePhase = Exclude<Phase, 'hold' | 'release'>;

/** It settles for so long that whoever waits for it waits in vain. */
export const settlingProcess = 'web:web_02';

/** What stands between drainctl and the servers. */
interface Relays {
  readonly supervisord: HoldingRelay;
  readonly haproxy: HoldingRelay;
}

/** Waits until a run has come to where it is held. */
type Arrived = (command: RunningProcess) => Promise<unknown>;

/** Starts three web processes; supervisord and HAProxy are reached through relays that hold answers back. */
export async function startCancelStack(sidecar: boolean): Promise<CancelStack> {
  const files = temporaryDirectory();
  setWork(files, '0');
  let relays: Relays | undefined;
  const stack = await startStack({
    processes: 3,
    sidecar,
    haproxy: { checkIntervalMs: 50 },
    program: { startsecs: 0 },
    config: (config) => {
      relays = startRelays(config, files);
      return heldConfig(config, relays, files);
    },
  });
  if (relays === undefined) throw new Error('the stack has asked for no configuration');
  const { supervisord, haproxy } = relays;
  const holds = holdsOf(relays, stack, files);
  return {
    stack,
    async holdIn(phase, begin) {
      const arrived = await holds[phase]();
      const command = begin();
      await arrived(command);
      return command;
    },
    async release() {
      setWork(files, '0');
      for (const name of ['unready', 'hold-before_stop', 'hold-after_drain']) rmSync(files.file(name), { force: true });
      supervisord.release();
      haproxy.release();
      await setOthers(stack, 'ready');
    },
  };
}

/** Has an operator take all servers but web_00 out of HAProxy, or back. */
async function setOthers({ haproxy }: Stack, state: 'maint' | 'ready'): Promise<void> {
  const out = await haproxy.serversOut();
  const others = ['web_01', 'web_02', 'peer'].filter((server) => state === 'maint' || out.includes(server));
  // What drainctl has taken out is in DRAIN, and not the operator's to put back.
  const states = await haproxy.serverStates();
  const theirs = others.filter((server) => state === 'maint' || states.get(server) === 'MAINT');
  for (const server of theirs) await haproxy.command(`set server app/${server} state ${state}`);
}

/** What every process says that it has in flight beside the clients' requests. */
function setWork(files: TemporaryDirectory, count: '0' | '1'): void {
  for (const name of ['web_00', 'web_01', 'web_02']) files.write(name, count);
}

function startRelays(config: StackConfig, files: TemporaryDirectory): Relays {
  const [admin = ''] = config.pools.lb.addresses;
  return {
    supervisord: startHoldingRelay(files.file('supervisor.sock'), config.supervisor.url.replace('unix://', '')),
    haproxy: startHoldingRelay(files.file('admin.sock'), admin),
  };
}

/** Each process says in a file whether it has work beside the clients', and in another whether it is ready. */
function heldConfig(config: StackConfig, relays: Relays, files: TemporaryDirectory): object {
  const { web } = config.programs;
  const load = web.ready.http.replace(/health$/, 'load');
  const held = {
    ...web,
    settle: '0ms',
    before_stop: [stepOf(files, 'before_stop')],
    after_drain: [stepOf(files, 'after_drain')],
    in_flight: [
      { probe: 'file', path: files.file('%(process_name)s') },
      { probe: 'http', url: load },
    ],
    ready: { exec: ['/bin/sh', '-c', `touch ${files.file('asked')}; test ! -e ${files.file('unready')}`] },
  };
  return {
    ...config,
    supervisor: { url: `unix://${relays.supervisord.path}` },
    pools: {
      lb: {
        ...config.pools.lb,
        addresses: [relays.haproxy.path],
        timeout: '30s',
        min_available: 1,
        capacity_wait: '60s',
      },
    },
    defaults: { deadline: '60s', quiet: '50ms', poll: '20ms' },
    programs: { web: held, [settlingProcess]: { ...held, settle: '50s' } },
  };
}

/** A step that lasts while a file is there. */
function stepOf(files: TemporaryDirectory, moment: StepMoment): object {
  const [held, began] = [files.file(`hold-${moment}`), files.file(`began-${moment}`)];
  const script = `test ! -e ${held} || { touch ${began}; while test -e ${held}; do sleep 0.02; done; }`;
  return { step: 'exec', command: ['/bin/sh', '-c', script], timeout: '60s' };
}

/** How a run is held in each phase. */
function holdsOf(
  { supervisord, haproxy }: Relays,
  stack: Stack,
  files: TemporaryDirectory,
): Readonly<Record<HoldablePhase, () => Arrived | Promise<Arrived>>> {
  const answerHeld = (relay: HoldingRelay, pattern: RegExp) => () => {
    const held = relay.holdAnswerTo(pattern);
    return () => held;
  };
  /** None is drained, so that the others don't get to their stop before. */
  const busy = (arrange: () => Arrived) => () => {
    setWork(files, '1');
    return arrange();
  };
  /** Only web_00 is, so that its stop is the first. */
  const othersBusy = (arrange: () => Arrived) => () => {
    setWork(files, '1');
    files.write('web_00', '0');
    return arrange();
  };
  const isOut = async (server: string) => (await stack.haproxy.serversOut()).includes(server);
  const inStep = (moment: StepMoment) => () => {
    const began = files.file(`began-${moment}`);
    rmSync(began, { force: true });
    files.write(`hold-${moment}`, '');
    return () => waitFor(() => existsSync(began), { what: `a step of ${moment}`, timeoutMs: 30_000 });
  };
  const until = (server: string) => () =>
    waitFor(() => isOut(server), { what: `${server} to be out`, timeoutMs: 30_000 });
  return {
    acquire: async () => {
      await setOthers(stack, 'maint');
      return (command) => waitForStep(command, /until enough others are available/);
    },
    depool: busy(answerHeld(haproxy, /set server \S+ state drain/)),
    settle: busy(() => until('web_02')),
    before_stop: busy(inStep('before_stop')),
    drain: busy(() => until('web_00')),
    after_drain: othersBusy(inStep('after_drain')),
    stop: othersBusy(answerHeld(supervisord, /supervisor\.stopProcess\b/)),
    start: answerHeld(supervisord, /supervisor\.startProcess\b/),
    ready: () => {
      rmSync(files.file('asked'), { force: true });
      files.write('unready', '');
      const isAsked = () => existsSync(files.file('asked'));
      return () => waitFor(isAsked, { what: 'its readiness to be asked for', timeoutMs: 30_000 });
    },
    repool: answerHeld(haproxy, /set server \S+ state ready/),
  };
}
