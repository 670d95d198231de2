import * as z from 'zod';
import { stepKeys } from '../config/steps.ts';
import { poolDrivers } from '../pools/index.ts';
import { probeDrivers } from '../probes/index.ts';
import { stepDrivers } from '../steps/index.ts';

/** One key of a driver, as people and programs see it. */
export type KeyDocument = { readonly key: string; readonly required: boolean; readonly description: string };

/** One driver. */
export type DriverDocument = {
  readonly kind: 'pool' | 'probe' | 'step';
  readonly name: string;
  readonly summary: string;
  readonly reference: string;
  readonly options: readonly KeyDocument[];
  /** Keys of a member; none for a probe or a step. */
  readonly member: readonly KeyDocument[];
  readonly example: string;
};

/** Every pool, probe and step in the registries. This file loads all of them, and the schema library. */
export function allDrivers(): DriverDocument[] {
  const pools = [...poolDrivers.values()].map(({ name, summary, reference, options, member, example }) => ({
    ...{ kind: 'pool' as const, name, summary, reference, example },
    options: keysOf(options),
    member: keysOf(member),
  }));
  const others = [
    ...[...probeDrivers.values()].map((driver) => ({ kind: 'probe' as const, driver })),
    ...[...stepDrivers.values()].map((driver) => ({ kind: 'step' as const, driver })),
  ];
  const withoutMembers = others.map(({ kind, driver: { name, summary, reference, options, example } }) => ({
    ...{ kind, name, summary, reference, example },
    options: keysOf(kind === 'step' ? options.extend(stepKeys()) : options),
    member: [],
  }));
  return [...pools, ...withoutMembers];
}

function keysOf(schema: z.ZodObject): KeyDocument[] {
  const { properties = {}, required = [] } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return Object.entries(properties).map(([key, property]) => ({
    key,
    required: required.includes(key),
    description: typeof property === 'object' ? (property.description ?? '') : '',
  }));
}
