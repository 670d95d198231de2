import { get } from 'node:http';
import type { Probe } from '../../../src/probes/probe.ts';
import { type HeldBackend, startHeldBackend } from '../contracts/held-backend.ts';
import { waitFor } from '../wait-for.ts';

/** Requests through a server that a backend holds open, so that the test says how many there are. */
export interface HeldRequests {
  readonly backend: HeldBackend;
  /** Says how one request is sent; its promise resolves when the answer is complete. */
  sendBy(request: () => Promise<unknown>): void;
  /** Sends that many, and does not wait until the backend has them. */
  send(count: number): void;
  /** Brings the server to have exactly that many in flight. */
  bringTo(count: number): Promise<void>;
}

/** Has nothing in flight yet. */
export async function holdRequests(): Promise<HeldRequests> {
  const backend = await startHeldBackend();
  let request: () => Promise<unknown> = async () => {
    throw new Error('no request to hold was given');
  };
  let answers: Promise<unknown>[] = [];
  // A test may end its server with requests in it; how they end is no concern of this.
  const sendOne = () => request().catch(() => {});
  const send = (count: number) => void answers.push(...Array.from({ length: count }, sendOne));
  return {
    backend,
    sendBy(each) {
      request = each;
    },
    send,
    async bringTo(count) {
      if (backend.held > count) {
        backend.release();
        await Promise.all(answers);
        answers = [];
      }
      send(count - backend.held);
      await waitFor(() => backend.held === count, { what: `${count} requests to be held`, timeoutMs: 30_000 });
    },
  };
}

/** One request on a connection of its own; resolves when its answer is complete, whatever it is. */
export function getThrough(url: string): Promise<void> {
  return new Promise((resolve) => {
    const request = get(url, { agent: false }, (response) => void response.resume().once('close', resolve));
    request.once('error', () => resolve());
  });
}

/**
 * The probe, until it measures `count`: a request whose answer has arrived may still be at its end in the server. Fewer
 * than there are is never right.
 */
export function eventually(probe: Probe, count: number, timeoutMs = 20_000): Probe {
  return {
    target: probe.target,
    async measure(signal) {
      const giveUpAt = performance.now() + timeoutMs;
      for (;;) {
        const measured = await probe.measure(signal);
        if (measured < count) throw new Error(`measured ${measured} with ${count} in flight`);
        if (measured === count || performance.now() > giveUpAt) return measured;
      }
    },
  };
}
