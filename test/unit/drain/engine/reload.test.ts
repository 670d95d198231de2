import { describe, expect, test } from 'vitest';
import type { Config } from '../../../../src/config/config.ts';
import type { RunAction } from '../../../../src/drain/api.ts';
import { Engine } from '../../../../src/drain/engine.ts';
import type { Depool, Pool, Repool } from '../../../../src/pools/pool.ts';
import { barrier } from '../../../support/doubles/script.ts';
import type { ScriptedMember } from '../../../support/doubles/scripted-pool.ts';
import { runTo, ScriptedWorld } from '../../../support/doubles/scripted-world.ts';

const bare = ({ config }: ScriptedWorld): Config => ({ ...config, pools: new Map(), programs: [] });

/** As another load of the same file makes them. */
function structuredPools({ pools }: Config): Config['pools'] {
  return new Map([...pools].map(([name, pool]) => [name, { ...pool, options: { ...pool.options } }]));
}

/** Its methods, bound. */
function poolOf({ pool }: ScriptedWorld): Pool {
  return {
    address: pool.address,
    settleMs: 0,
    counts: true,
    state: (members, signal) => pool.state(members as ScriptedMember[], signal), // as: those of the config
    depool: (members, signal) => pool.depool(members as Depool<ScriptedMember>[], signal), // as: likewise
    repool: (members, signal) => pool.repool(members as Repool<ScriptedMember>[], signal), // as: likewise
    close: () => pool.close(),
  };
}

async function run(engine: Engine, action: RunAction): Promise<string> {
  return (await runTo(engine, action, ['web:web_00'])).outcome;
}

describe('a reload', () => {
  test('closes the pools of the one before at once where nobody needs them', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'] });
    const engine = world.engine();
    await engine.recover();

    engine.reload(bare(world), new Date());

    expect(world.pool.closed).toBe(1);
    expect(engine.config.programs).toEqual([]);
  });

  test('leaves them open to a run under way, and closes them at its end', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'] });
    const engine = world.engine();
    const held = barrier();
    world.supervisor.scripts.stopProcess = held.script;
    const restart = run(engine, 'restart');
    await held.reached;

    const leftBehind = engine.reload(bare(world), new Date());
    const closedBefore = world.pool.closed;
    held.open();

    expect(leftBehind).toMatchObject([{ label: 'app/web_00' }]);
    expect(closedBefore).toBe(0);
    expect(await restart).toBe('done');
    expect(world.pool.namesOf('out')).toEqual([]);
    expect(world.pool.closed).toBe(1);
  });

  test('keeps a pool that has vanished until what is out of it is back', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'] });
    const engine = world.engine();
    await run(engine, 'drain');
    engine.reload(bare(world), new Date());
    engine.reload({ ...bare(world) }, new Date());
    const closedBefore = world.pool.closed;

    const outcome = await run(engine, 'pool');

    expect({ outcome, closedBefore }).toEqual({ outcome: 'done', closedBefore: 0 });
    expect(world.pool.namesOf('out')).toEqual([]);
    expect(world.pool.closed).toBe(1);
  });

  test('keeps what a pool remembers that has not changed, such as a reload of its load balancer', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'] });
    const [lb] = world.config.pools.values();
    if (lb === undefined) throw new Error('the world has no pool');
    let generation = 1;
    // As HAProxy's driver: what the worker that was seen before still has in flight is not known.
    const open = () => {
      let seen: number | undefined;
      const state: Pool['state'] = async (members, signal) => {
        seen ??= generation;
        const states = await world.pool.state(members as ScriptedMember[], signal); // as: those of the config
        return seen === generation ? states : states.map((each) => ({ ...each, inFlight: undefined }));
      };
      return [{ ...poolOf(world), state }];
    };
    const config = { ...world.config, pools: new Map([['lb', { ...lb, driver: { ...lb.driver, open } }]]) };
    const engine = new Engine({ config, supervisor: world.supervisor, log: world.log, isSidecar: true });
    await engine.getStatus();
    generation = 2;

    engine.reload({ ...config, pools: structuredPools(config), log: { level: 'debug' } }, new Date());

    expect((await engine.getStatus()).processes).toMatchObject([{ in_flight: -1 }]);
    engine.reload(bare(world), new Date());
    expect(world.pool.closed).toBe(1);
  });

  test('that a driver refuses changes nothing', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'] });
    const engine = world.engine();
    const [name, lb] = [...world.config.pools][0] ?? [];
    if (name === undefined || lb === undefined) throw new Error('the world has no pool');
    const open = () => {
      throw new Error('no certificate');
    };
    const refused = { ...world.config, pools: new Map([[name, { ...lb, driver: { ...lb.driver, open } }]]) };

    expect(() => engine.reload(refused, new Date())).toThrow('no certificate');

    expect(engine.config).toBe(world.config);
    expect(await run(engine, 'restart')).toBe('done');
  });
});
