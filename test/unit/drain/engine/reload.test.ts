import { describe, expect, test } from 'vitest';
import type { Config } from '../../../../src/config/config.ts';
import type { RunAction } from '../../../../src/drain/api.ts';
import type { Engine } from '../../../../src/drain/engine.ts';
import { barrier } from '../../../support/doubles/script.ts';
import { runTo, ScriptedWorld } from '../../../support/doubles/scripted-world.ts';

const bare = ({ config }: ScriptedWorld): Config => ({ ...config, pools: new Map(), programs: [] });

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
