import * as z from 'zod';
import { capacityKeys } from './capacity.ts';
import type { Registries } from './registries.ts';
import { configSchema } from './schema.ts';
import { stepKeys } from './steps.ts';

/**
 * The JSON Schema of the configuration as it is written, for editors
 * (`# yaml-language-server: $schema=drainctl.schema.json`). A member may have the keys of any pool driver, because a
 * JSON Schema can't look up which driver the named pool has.
 */
export function configJsonSchema({ pools, probes, steps }: Registries): Record<string, unknown> {
  const schema = configSchema({
    pool: anyOf(
      [...pools.values()].map(({ name, summary, options, countsCapacity }) =>
        options.strict().safeExtend({
          driver: z.literal(name).describe(summary),
          ...(countsCapacity === true ? capacityKeys() : {}),
        }),
      ),
    ),
    member: anyOf(
      [...pools.values()].map(({ member }) =>
        member.strict().safeExtend({ pool: z.string().describe('A name under `pools`.') }),
      ),
    ),
    step: anyOf(
      [...steps.values()].map(({ name, summary, options }) =>
        options.strict().safeExtend({ step: z.literal(name).describe(summary), ...stepKeys() }),
      ),
    ),
    probe: anyOf(
      [...probes.values()].map(({ name, summary, options }) =>
        options.strict().safeExtend({ probe: z.literal(name).describe(summary) }),
      ),
    ),
  });
  const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return { ...json, title: 'drainctl configuration' };
}

function anyOf(schemas: readonly z.ZodType[]): z.ZodType {
  return schemas.length === 0 ? z.never() : z.union(schemas);
}
