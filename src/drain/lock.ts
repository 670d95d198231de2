import { rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { backoffMs } from '../backoff.ts';
import { toDrainctlError } from '../errors.ts';
import type { Flock } from '../flock.ts';
import { listenOnSocketFile } from '../rpc/socket-file.ts';
import { Deadline, sleep, withTimeout } from '../time.ts';
import { takeFileLock } from './lock-file.ts';

/** Who holds the lock, as it tells whoever asks. */
export interface LockOwner {
  readonly pid: number;
  /** What it does, such as `restart web:*`. */
  readonly doing: string;
}

/** How to wait for a lock. */
export interface LockOptions {
  readonly signal: AbortSignal;
  /** Called when somebody else holds it, once for each; undefined: whoever it is does not answer. */
  readonly onWait: (owner: LockOwner | undefined) => void;
  /**
   * The action in whose name the owner is asked to give way; one that does not answer at all is gone without: for a
   * shutdown, which must not fail because another drainctl hangs. Undefined: wait for the owner.
   */
  readonly takeOver: string | undefined;
  /** Called when another drainctl asks us to give way to this action. */
  readonly onGiveWay: (action: string) => void;
  /** Called where there can be no lock at all: two drainctl could act at once, but the drain has to happen. */
  readonly onUnlockable: (message: string) => void;
}

/** A lock that is held; or not, where there can be none or its owner hangs and was taken over from. */
export interface Lock {
  readonly held: boolean;
  /** Resolves when it is free again. */
  release(): Promise<void>;
}

const noLock: Lock = { held: false, release: async () => {} };

/** Stands for the process id of an owner that does not answer. */
const hung = -1;

const giveWay = 'give way to ';

/** Not longer and longer: whoever waits is to begin as soon as the lock is free. */
const pauses = { firstMs: 50, longestMs: 50 };
const answerTimeoutMs = 1_000;

/** An owner that has not answered for this long is taken to hang. */
const hungAfterMs = 3_000;

/**
 * One drainctl acts at a time for each state_dir. The lock is on a file there; its owner answers on a socket beside
 * it, in a folder that only root can enter, who it is and what it does, and is asked there to give way.
 *
 * @throws the signal's reason when it is aborted while waiting.
 */
export async function acquireLock(stateDir: string, doing: string, options: LockOptions): Promise<Lock> {
  return waitForLock(stateDir, () => tryLock(stateDir, doing, options.onGiveWay), options);
}

/** As {@link acquireLock}, by attempts of the caller's own; each gives the lock, or undefined where somebody else has it. */
export async function waitForLock(
  stateDir: string,
  attempt: () => Promise<Lock | undefined>,
  options: LockOptions,
): Promise<Lock> {
  const { signal, takeOver, onWait } = options;
  let silence = new Deadline(hungAfterMs);
  let told: number | undefined;
  for (;;) {
    signal.throwIfAborted();
    const lock = await attempt().catch((error: unknown) => unlockable(error, options));
    if (lock !== undefined) return lock;
    const owner = await ask(stateDir, takeOver === undefined ? 'who' : `${giveWay}${takeOver}`, signal);
    if (owner !== undefined) silence = new Deadline(hungAfterMs);
    const pid = owner?.pid ?? (silence.passed ? hung : told);
    if (pid !== told) onWait(owner);
    told = pid;
    if (takeOver !== undefined && silence.passed) return noLock;
    await sleep(backoffMs(0, pauses), signal);
  }
}

function unlockable(error: unknown, { onUnlockable }: LockOptions): Lock {
  onUnlockable(toDrainctlError(error).toText());
  return noLock;
}

/**
 * The lock if nobody has it; undefined, at once, where somebody has.
 *
 * @throws DrainctlError `JOURNAL_UNWRITABLE` where there can be no lock.
 */
export async function tryLock(
  stateDir: string,
  doing: string,
  onGiveWay: LockOptions['onGiveWay'],
): Promise<Lock | undefined> {
  const fileLock = await takeFileLock(stateDir);
  if (fileLock === undefined) return undefined;
  const endAnswering = await answer(controlSocket(stateDir), { pid: process.pid, doing }, onGiveWay);
  return { held: true, release: () => release(fileLock, endAnswering) };
}

async function release(fileLock: Flock, endAnswering: () => Promise<void>): Promise<void> {
  await endAnswering();
  await fileLock.release();
}

function controlSocket(stateDir: string): string {
  return join(stateDir, 'lock.sock');
}

/**
 * Answers whoever asks, until the function that it gives is called. Where it can't (a path that is too long, say) the
 * lock is held all the same.
 */
async function answer(
  path: string,
  owner: LockOwner,
  onGiveWay: LockOptions['onGiveWay'],
): Promise<() => Promise<void>> {
  // What a dead owner left behind: nobody else can be its owner now, because we have the lock.
  await rm(path, { force: true }).catch(() => {});
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.setTimeout(answerTimeoutMs, () => socket.destroy());
    socket.once('data', (data) => {
      const question = data.toString().trim();
      if (question.startsWith(giveWay)) onGiveWay(question.slice(giveWay.length));
      socket.end(`${JSON.stringify(owner)}\n`);
    });
  });
  server.unref();
  server.on('error', () => {});
  // Its mode keeps others out even where the folder was made by somebody who let everyone in.
  const file = await listenOnSocketFile(server, path, 0o600).catch(() => undefined);
  return async () => {
    server.close();
    await file?.remove().catch(() => {});
  };
}

/** The owner; undefined where it does not answer in time, has just gone, or does not listen yet. */
async function ask(stateDir: string, question: string, signal: AbortSignal): Promise<LockOwner | undefined> {
  const socket = connect({ path: controlSocket(stateDir) });
  const answered = new Promise<LockOwner | undefined>((done) => {
    let text = '';
    socket.on('connect', () => socket.write(`${question}\n`));
    socket.on('data', (chunk) => {
      text += chunk.toString();
    });
    socket.on('error', () => done(undefined));
    socket.on('end', () => done(parseOwner(text)));
  });
  try {
    return await withTimeout(
      answerTimeoutMs,
      signal,
      () => new Error('no answer'),
      () => answered,
    );
  } catch {
    signal.throwIfAborted();
    return undefined;
  } finally {
    socket.destroy();
  }
}

function parseOwner(answer: string): LockOwner | undefined {
  try {
    const owner = JSON.parse(answer) as LockOwner; // as: checked in the next line
    return Number.isInteger(owner.pid) && typeof owner.doing === 'string' ? owner : undefined;
  } catch {
    return undefined;
  }
}
