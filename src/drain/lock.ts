import { statSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { resolve } from 'node:path';
import { DrainctlError } from '../errors.ts';
import { sleep, withTimeout } from '../time.ts';

/** Who holds the lock, as it tells whoever asks. */
export interface LockOwner {
  readonly pid: number;
  /** What it does, such as `restart web:*`. */
  readonly doing: string;
}

/** How to wait for a lock. */
export interface LockOptions {
  readonly signal: AbortSignal;
  /** Called once, when somebody else holds it; undefined: whoever it is does not answer. */
  readonly onWait: (owner: LockOwner | undefined) => void;
  /**
   * Ask the owner to give way, and go on without the lock where the owner does not answer at all: for a shutdown,
   * which must not fail because another drainctl hangs.
   */
  readonly takeOver: boolean;
  /** Called when another drainctl asks us to give way. */
  readonly onGiveWay: () => void;
}

/** A lock that is held, or, after a take-over from an owner that hangs, gone without. */
export interface Lock {
  readonly held: boolean;
  release(): void;
}

const retryMs = 50;
const answerTimeoutMs = 1_000;

/**
 * One drainctl acts at a time for each state_dir. The lock is a Unix socket in the abstract namespace (unix(7)): the
 * kernel frees it when its owner dies, however it dies, and leaves no file behind. Whoever connects is told who holds it.
 *
 * @throws the signal's reason when it is aborted while waiting.
 */
export async function acquireLock(stateDir: string, doing: string, options: LockOptions): Promise<Lock> {
  const name = lockName(stateDir);
  let told = false;
  for (;;) {
    const lock = await tryLock(stateDir, doing, options.onGiveWay);
    if (lock !== undefined) return lock;
    const owner = await ask(name, options.takeOver && !told ? 'give way' : 'who', options.signal);
    if (owner === 'gone') continue;
    if (!told) options.onWait(owner);
    told = true;
    if (owner === undefined && options.takeOver) return { held: false, release() {} };
    await sleep(retryMs, options.signal);
  }
}

/** The lock if nobody has it; undefined, at once, where somebody has. */
export async function tryLock(stateDir: string, doing: string, onGiveWay: () => void): Promise<Lock | undefined> {
  const server = await bind(lockName(stateDir), { pid: process.pid, doing }, onGiveWay);
  return server && { held: true, release: () => server.close() };
}

/** The folder's device and inode, so that every path to it means the same lock. */
function lockName(stateDir: string): string {
  const folder = statSync(stateDir, { throwIfNoEntry: false });
  return `\0drainctl:${folder === undefined ? resolve(stateDir) : `${folder.dev}:${folder.ino}`}`;
}

/** The bound socket; undefined where another process has it. */
async function bind(name: string, owner: LockOwner, onGiveWay: () => void): Promise<Server | undefined> {
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.setTimeout(answerTimeoutMs, () => socket.destroy());
    socket.once('data', (question) => {
      if (question.toString().startsWith('give way')) onGiveWay();
      socket.end(`${JSON.stringify(owner)}\n`);
    });
  });
  server.unref();
  return new Promise((done, fail) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') done(undefined);
      else fail(new DrainctlError('INTERNAL', `The lock could not be taken: ${error.message}.`, { cause: error }));
    });
    server.listen({ path: name }, () => done(server));
  });
}

/** The owner; undefined where it does not answer in time; `gone` where there is none any more. */
async function ask(name: string, question: string, signal: AbortSignal): Promise<LockOwner | undefined | 'gone'> {
  const socket = connect({ path: name });
  try {
    return await withTimeout(
      answerTimeoutMs,
      signal,
      () => new Error('no answer'),
      () => {
        return new Promise((done, fail) => {
          let answer = '';
          socket.on('connect', () => socket.write(`${question}\n`));
          socket.on('data', (chunk) => {
            answer += chunk.toString();
          });
          socket.on('error', (error: NodeJS.ErrnoException) =>
            error.code === 'ECONNREFUSED' ? done('gone') : fail(error),
          );
          socket.on('end', () => done(parseOwner(answer)));
        });
      },
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
