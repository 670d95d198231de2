import { describe, expect, test } from 'vitest';
import type { RunDocument } from '../../../../src/drain/api.ts';
import type { Engine } from '../../../../src/drain/engine.ts';
import { barrier, type Script, unreachable } from '../../../support/doubles/script.ts';
import { ScriptedWorld } from '../../../support/doubles/scripted-world.ts';

const pair = ['web:web_00', 'web:web_01'];

/** A script that lets `then` happen once a call has come, and the call go on afterwards. */
function during(then: () => void): Script {
  return async () => {
    then();
    // The cancellation reaches everyone before the call goes on.
    await new Promise(setImmediate);
  };
}

/** Where a restart is when it is cancelled: makes `cancel` be called there. */
const moments: Readonly<Record<string, (world: ScriptedWorld, cancel: () => void) => void>> = {
  'before it has begun': (_, cancel) => cancel(),
  'while it asks what runs': (world, cancel) => {
    world.supervisor.scripts.getAllProcessInfo = during(cancel);
  },
  'while it reads the state before': (world, cancel) => {
    world.pool.scripts.state = during(cancel);
  },
  'while the pool takes it out': (world, cancel) => {
    world.pool.scripts.depool = during(cancel);
  },
  'while the pool does not answer': (world, cancel) => {
    world.pool.scripts.depool = (subject, signal) => {
      setTimeout(cancel, 10);
      return unreachable(subject, signal);
    };
  },
  'while it settles': (world, cancel) => {
    world.pool.scripts.depool = () => {
      setTimeout(cancel, 30);
    };
  },
  'while it drains': (world, cancel) => {
    world.pool.server('app/web_00').inFlight = 1;
    world.pool.scripts.state = () => {
      if (world.pool.looks.length === 4) cancel();
    };
  },
  'while a look hangs': (world, cancel) => {
    world.pool.server('app/web_00').inFlight = 1;
    world.pool.scripts.state = async (subject, signal) => {
      if (world.pool.looks.length < 3) return;
      cancel();
      // As long as a driver takes to give up.
      await new Promise((resolve) => setTimeout(resolve, 100));
      await unreachable(subject, signal);
    };
  },
  'while it stops': (world, cancel) => {
    world.supervisor.scripts.stopProcess = during(cancel);
  },
  'while it starts': (world, cancel) => {
    world.supervisor.scripts.startProcess = during(cancel);
  },
  'while it waits until it is ready': (world, cancel) => {
    world.supervisor.scripts.getProcessInfo = during(cancel);
  },
  'while the pool takes it back': (world, cancel) => {
    world.pool.scripts.repool = during(cancel);
  },
};

async function cancelled(
  engine: Engine,
  world: ScriptedWorld,
  arrange: (typeof moments)[string],
): Promise<RunDocument> {
  const run = engine.begin('restart', ['all'], {});
  arrange(world, () => run.end('cancelled'));
  return run.ended(AbortSignal.timeout(8_000));
}

describe('a restart that is cancelled', () => {
  test.each(Object.entries(moments))(
    '%s leaves nothing out that was not stopped, and an empty journal',
    async (name, arrange) => {
      const settleMs = name === 'while it settles' ? 5_000 : undefined;
      const world = new ScriptedWorld({ processes: pair, program: { settleMs } });

      const result = await cancelled(world.engine(), world, arrange);

      expect(result.outcome).toBe('cancelled');
      expect(world.pool.namesOf('in')).toEqual(['app/web_00', 'app/web_01']);
      expect(await world.journal()).toEqual({ entries: [], holds: [] });
      // One whose stop was asked for is restarted to the end; the other is not touched.
      expect([...world.supervisor.processes.values()].map(({ state }) => state)).toEqual(['RUNNING', 'RUNNING']);
      expect(world.calls.filter((call) => call.includes('web_01'))).toEqual([]);
    },
  );

  test('says what state things are in', async () => {
    const world = new ScriptedWorld({ processes: pair });

    const { message, processes } = await cancelled(world.engine(), world, moments['while it drains'] ?? (() => {}));

    expect(message).toBe(
      'restart was ended early: it was cancelled. web:web_00 was put back and runs on. Not touched: web:web_01.',
    );
    expect(processes.map(({ outcome }) => outcome)).toEqual(['cancelled', 'untouched']);
  });
});

describe('a stop that is cancelled', () => {
  test('while one stops, stops that one, and puts back the other', async () => {
    const world = new ScriptedWorld({ processes: pair });
    const gate = barrier();
    world.supervisor.scripts.stopProcess = gate.script;
    const run = world.engine().begin('stop', ['all'], {});
    await gate.reached;

    run.end('cancelled');
    gate.open();
    const result = await run.ended(AbortSignal.timeout(5_000));

    expect(result).toMatchObject({ outcome: 'cancelled' });
    expect(world.calls.filter((call) => call.startsWith('stop'))).toEqual(['stop web:web_00']);
    expect(world.pool.namesOf('out')).toEqual(['app/web_00']);
    expect((await world.journal()).entries.map(({ process }) => process)).toEqual(['web:web_00']);
  });
});

describe('a drain that is cancelled', () => {
  test('puts back, and holds nothing', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'] });
    world.pool.server('app/web_00').inFlight = 1;
    const run = world.engine().begin('drain', ['all'], {});
    world.pool.scripts.state = () => {
      if (world.pool.looks.length === 4) run.end('cancelled');
    };

    expect(await run.ended(AbortSignal.timeout(5_000))).toMatchObject({ outcome: 'cancelled' });
    expect(world.pool.namesOf('in')).toEqual(['app/web_00']);
    expect(await world.journal()).toEqual({ entries: [], holds: [] });
  });
});

describe('a shutdown that is cancelled', () => {
  test('does not end supervisord', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'] });
    const gate = barrier();
    world.supervisor.scripts.stopProcess = gate.script;
    const run = world.engine().begin('shutdown', [], {});
    await gate.reached;

    run.end('cancelled');
    gate.open();
    await run.ended(AbortSignal.timeout(5_000));

    expect(world.calls).not.toContain('shutdown');
  });
});
