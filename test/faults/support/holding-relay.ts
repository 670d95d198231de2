import { connect, createServer } from 'node:net';
import { onCleanUp } from '../../support/cleanup.ts';

/** A socket in front of a server's, which passes on everything, and holds back an answer when it is told to. */
export interface HoldingRelay {
  readonly path: string;
  /**
   * From the next call on that matches, its answer is held back; the call itself is passed on, and done. Resolves when
   * such a call has come.
   */
  holdAnswerTo(pattern: RegExp): Promise<void>;
  /** What is held back goes on its way, and nothing more is held back. */
  release(): void;
}

/** One hold, from when it was armed to its release. */
interface Hold {
  readonly pattern: RegExp;
  readonly reach: () => void;
  readonly released: Promise<void>;
  readonly release: () => void;
}

/** Listens on `path` at once; `target` need not be there before the first call. Ends with the test. */
export function startHoldingRelay(path: string, target: string): HoldingRelay {
  let hold: Hold | undefined;
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const upstream = connect({ path: target, allowHalfOpen: true });
    let [sent, heldBy]: [string, Hold | undefined] = ['', undefined];
    let turn = Promise.resolve();
    const inTurn = (work: () => void) => {
      turn = turn.then(() => heldBy?.released).then(work);
    };
    client.on('data', (chunk: Buffer) => {
      sent += chunk.toString('latin1');
      if (heldBy === undefined && hold?.pattern.test(sent) === true) {
        heldBy = hold;
        hold.reach();
      }
      upstream.write(chunk);
    });
    upstream.on('data', (chunk: Buffer) => inTurn(() => client.write(chunk)));
    client.on('end', () => upstream.end());
    upstream.on('end', () => inTurn(() => client.end()));
    client.on('error', () => upstream.end()).on('close', () => upstream.end());
    upstream.on('error', () => client.destroy());
  });
  server.listen(path);
  const release = () => {
    hold?.release();
    hold = undefined;
  };
  onCleanUp(() => {
    release();
    server.close();
  });
  return {
    path,
    release,
    holdAnswerTo(pattern) {
      release();
      const gate = withResolvers();
      const { promise: reached, resolve: reach } = withResolvers();
      hold = { pattern, reach, released: gate.promise, release: gate.resolve };
      return reached;
    },
  };
}

function withResolvers(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
