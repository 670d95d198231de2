import { describe, expect, it } from 'vitest';
import { configJsonSchema } from '../../../src/config/json-schema.ts';
import { stubRegistries } from './stub-drivers.ts';

const schema = configJsonSchema(stubRegistries);

/** Every schema of a key in `node`, with the key's path. */
function keysIn(node: unknown, path = ''): { path: string; key: Record<string, unknown> }[] {
  if (typeof node !== 'object' || node === null) return [];
  return Object.entries(node).flatMap(([name, value]: [string, unknown]) => {
    const below = keysIn(value, `${path}/${name}`);
    if (name !== 'properties') return below;
    const keys = Object.entries(value as Record<string, Record<string, unknown>>); // what `properties` holds
    return [...keys.map(([key, of]) => ({ path: `${path}/${key}`, key: of })), ...below];
  });
}

describe('configJsonSchema', () => {
  it('takes no unknown key', () => {
    expect(schema).toMatchObject({
      type: 'object',
      additionalProperties: false,
      properties: { sidecar: { additionalProperties: false } },
    });
  });

  it('describes every key', () => {
    const bare = keysIn(schema).filter(({ key }) => typeof key['description'] !== 'string');

    expect(bare.map(({ path }) => path)).toEqual([]);
  });

  it('takes durations as they are written, not as milliseconds', () => {
    expect(schema).toMatchObject({ properties: { defaults: { properties: { deadline: { type: 'string' } } } } });
  });

  it('holds the keys of the drivers', () => {
    const text = JSON.stringify(schema);

    expect(
      ['"balancer"', '"addresses"', '"server"', '"fetch"', '"url"', '"command"'].filter((key) => !text.includes(key)),
    ).toEqual([]);
  });

  it('does not ask for keys that have a default', () => {
    expect(schema).toMatchObject({
      properties: { pools: { additionalProperties: { anyOf: [{ required: ['addresses', 'driver'] }] } } },
    });
  });
});
