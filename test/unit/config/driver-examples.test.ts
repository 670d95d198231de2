import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { registries } from '../../../src/config/load.ts';
import { parseConfig } from '../../../src/config/parse.ts';

const drivers = [...registries.pools.values(), ...registries.probes.values(), ...registries.steps.values()];

describe('the example of a driver', () => {
  it.each(drivers.map((driver) => [driver.name, driver.example]))('of %s is a configuration', (_, example) => {
    const config = parseConfig('example.yaml', example, {
      env: {},
      registries,
      readPassword: () => ({ password: 'secret' }),
    });

    expect(config.programs.length).toBeGreaterThan(0);
  });
});

/** The names of the files in a folder of `src` that declare a driver with `declares`. */
function driverFiles(folder: string, declares: string): string[] {
  const path = new URL(`../../../src/${folder}/`, import.meta.url);
  const files = readdirSync(path).filter((file) => file.endsWith('.ts'));
  const declaring = files.filter((file) => readFileSync(new URL(file, path), 'utf8').includes(`= ${declares}(`));
  return declaring.map((file) => file.slice(0, -'.ts'.length).replaceAll('-', '_')).sort();
}

describe('the registries', () => {
  it.each([
    ['pools', 'definePool', registries.pools],
    ['probes', 'defineProbe', registries.probes],
    ['steps', 'defineStep', registries.steps],
  ])('hold what src/%s declares, and nothing else', (folder, declares, known) => {
    expect([...known.keys()].sort()).toEqual(driverFiles(folder, declares));
  });

  it('know every driver by its own name', () => {
    expect(
      [...registries.pools, ...registries.probes, ...registries.steps].filter(([name, driver]) => name !== driver.name),
    ).toEqual([]);
  });
});
