import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { hasHeardBack, hasTakenOut } from '../../../../src/pools/haproxy/agent-decisions.ts';
import { AgentDesk } from '../../../../src/sidecar/agent/desk.ts';

const server = 'app/web_00';
const addresses = ['10.0.0.7', '10.0.0.8'];

/** What becomes of one question: `unseen`: HAProxy acts on the answer, but the sidecar does not see that. */
type Fate = 'taken' | 'unseen' | 'lost';

/** Two HAProxys, a journal, and a sidecar that may be killed; as they would be without time. */
class Model {
  /** What each HAProxy has made of its answers; an operator's drain is one too. */
  readonly drained = new Map(addresses.map((address) => [address, false]));
  isOut = false;
  #isPuttingBack = false;
  #desk = this.#start();

  ask(address: string, fate: Fate): void {
    const reply = this.#desk.answer(server, address, 0);
    if (reply === undefined || fate === 'lost') return;
    if (reply.text === 'drain\n') this.drained.set(address, true);
    if (reply.text === 'ready\n') this.drained.set(address, false);
    if (fate === 'taken') reply.onTaken(0);
    this.#endPutBack();
  }

  takeOut(): void {
    this.isOut = true;
    this.#isPuttingBack = false;
    this.#desk.takeOut(server);
  }

  putBack(): void {
    if (!this.isOut) return;
    this.#isPuttingBack = true;
    this.#desk.putBack(server, 'ready');
  }

  /** Only the journal outlives it. */
  kill(): void {
    this.#isPuttingBack = false;
    this.#desk = this.#start();
  }

  get allHaveTakenOut(): boolean {
    const checkers = this.#desk.of(server);
    return checkers.length === addresses.length && checkers.every(hasTakenOut);
  }

  /** As the driver's pool does it: the journal ceases to name it when all who ask have it back. */
  #endPutBack(): void {
    const checkers = this.#desk.of(server);
    if (!this.#isPuttingBack || checkers.length < addresses.length || !checkers.every(hasHeardBack)) return;
    this.isOut = false;
    this.#isPuttingBack = false;
  }

  #start(): AgentDesk {
    const desk = new AgentDesk();
    desk.add({ standing: () => (this.isOut ? 'out' : 'in'), words: { out: 'drain', back: 'ready' } });
    return desk;
  }
}

const step = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(fc.constant('ask'), fc.nat(1), fc.constantFrom<Fate>('taken', 'unseen', 'lost')) },
  fc.tuple(fc.constantFrom('takeOut', 'putBack', 'kill')),
);
const steps = fc.array(step, { maxLength: 60 });

function run(model: Model, all: readonly (readonly unknown[])[]): void {
  for (const [kind, which, fate] of all) {
    if (kind === 'takeOut') model.takeOut();
    else if (kind === 'putBack') model.putBack();
    else if (kind === 'kill') model.kill();
    else model.ask(addresses[Number(which)] ?? '', fate as Fate); // as: made so by `step`
  }
}

test('whoever counts as told that a member is out has it out, whatever got lost before', () => {
  fc.assert(
    fc.property(steps, (all) => {
      const model = new Model();
      for (const each of all) {
        run(model, [each]);
        if (model.isOut && model.allHaveTakenOut) expect([...model.drained.values()]).toEqual([true, true]);
      }
    }),
  );
});

test('nobody is left with a member out when it is put back, whatever got lost and however often the sidecar was killed', () => {
  fc.assert(
    fc.property(steps, (all) => {
      const model = new Model();
      run(model, all);
      model.putBack();
      for (let times = 0; times < 8; times++) for (const address of addresses) model.ask(address, 'taken');

      expect(model.isOut).toBe(false);
      expect([...model.drained.values()]).toEqual([false, false]);
    }),
  );
});

test("an operator's drain of a member that is in stays, also when the sidecar is killed", () => {
  fc.assert(
    fc.property(steps, steps, (before, after) => {
      const model = new Model();
      run(model, before);
      model.putBack();
      for (let times = 0; times < 8; times++) for (const address of addresses) model.ask(address, 'taken');
      for (const address of addresses) model.drained.set(address, true);
      run(
        model,
        after.filter(([kind]) => kind !== 'takeOut'),
      );

      expect([...model.drained.values()]).toEqual([true, true]);
    }),
  );
});
