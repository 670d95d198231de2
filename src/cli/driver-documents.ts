import * as z from 'zod';
import { poolDrivers } from '../pools/index.ts';
import { probeDrivers } from '../probes/index.ts';

/** One key of a driver, as people and programs see it. */
export type KeyDocument = { readonly key: string; readonly required: boolean; readonly description: string };

/** One driver. */
export type DriverDocument = {
  readonly kind: 'pool' | 'probe';
  readonly name: string;
  readonly summary: string;
  readonly reference: string;
  readonly options: readonly KeyDocument[];
  /** Keys of a member; none for a probe. */
  readonly member: readonly KeyDocument[];
  readonly example: string;
};

/** Every pool and probe in the registries. This file loads all of them, and the schema library. */
export function allDrivers(): DriverDocument[] {
  const pools = [...poolDrivers.values()].map(({ name, summary, reference, options, member, example }) => ({
    ...{ kind: 'pool' as const, name, summary, reference, example },
    options: keysOf(options),
    member: keysOf(member),
  }));
  const probes = [...probeDrivers.values()].map(({ name, summary, reference, options, example }) => ({
    ...{ kind: 'probe' as const, name, summary, reference, example },
    options: keysOf(options),
    member: [],
  }));
  return [...pools, ...probes];
}

function keysOf(schema: z.ZodObject): KeyDocument[] {
  const { properties = {}, required = [] } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return Object.entries(properties).map(([key, property]) => ({
    key,
    required: required.includes(key),
    description: typeof property === 'object' ? (property.description ?? '') : '',
  }));
}
