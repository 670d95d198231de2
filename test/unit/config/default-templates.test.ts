import { describe, expect, test } from 'vitest';
import { registries } from '../../../src/config/load.ts';
import { parseConfig } from '../../../src/config/parse.ts';
import { resolveMember } from '../../../src/config/resolve.ts';
import { expansionValues } from '../../../src/supervisor/expansions.ts';

const parse = (text: string) =>
  parseConfig('drainctl.yaml', text, { env: {}, registries, readPassword: () => ({ password: 'secret' }) });

describe("a member key whose driver's default is a template", () => {
  test('is expanded for each process', () => {
    const config = parse(
      '{ pools: { quiet: { driver: signal } }, programs: { worker: { members: [{ pool: quiet }] } } }',
    );
    const [program] = config.programs;
    const [member] = program?.members ?? [];
    if (program === undefined || member === undefined) throw new Error('no member');

    const values = expansionValues({ group: 'worker', name: 'worker_01' }, {}, 'host');

    expect(resolveMember(config, program, member, values)).toMatchObject({
      label: 'worker:worker_01',
      options: { process: 'worker:worker_01' },
    });
  });

  test('is no duplicate of the same in another program', () => {
    const programs = '{ a: { members: [{ pool: quiet }] }, b: { members: [{ pool: quiet }] } }';

    expect(() => parse(`{ pools: { quiet: { driver: signal } }, programs: ${programs} }`)).not.toThrow();
  });

  test('is one within a program', () => {
    const programs = '{ a: { members: [{ pool: quiet }, { pool: quiet }] } }';

    expect(() => parse(`{ pools: { quiet: { driver: signal } }, programs: ${programs} }`)).toThrow('the same member');
  });
});
