import * as z from 'zod';
import { durationPattern } from '../../src/duration.ts';

/** One key of the configuration or of a driver, as a person reads of it. */
export interface SchemaKey {
  /** `sidecar.socket`; what a person names stands in capitals: `pools.NAME.driver`. */
  readonly key: string;
  readonly type: string;
  /** As it would be written in YAML, or in words; `required`, or empty where there is none. */
  readonly default: string;
  readonly description: string;
}

type Json = z.core.JSONSchema.BaseSchema;

/** The keys of a schema's objects, in the order of the schema, and the keys in these. */
export function schemaKeys(schema: z.ZodType): SchemaKey[] {
  return keysIn(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }), '');
}

function keysIn(parent: Json, path: string): SchemaKey[] {
  return Object.entries(parent.properties ?? {}).flatMap(([name, property]) => {
    if (typeof property === 'boolean') return [];
    const key = path === '' ? name : `${path}.${name}`;
    const { text, defaultText } = splitDescription(property.description ?? '');
    const isRequired = parent.required?.includes(name) === true;
    const own = {
      key,
      type: typeOf(property),
      default: isRequired ? 'required' : (defaultText ?? defaultOf(property)),
      description: text === '' ? (parent.description ?? '') : text,
    };
    return [own, ...childKeys(property, key)];
  });
}

function childKeys(schema: Json, key: string): SchemaKey[] {
  if (schema.anyOf !== undefined) return schema.anyOf.flatMap((branch) => childKeys(branch as Json, key)); // as: no schema of ours is `true`
  if (typeof schema.items === 'object' && !Array.isArray(schema.items)) return listKeys(schema.items, `${key}[]`);
  const { additionalProperties } = schema;
  if (typeof additionalProperties === 'object' && schema.properties === undefined) {
    return keysIn(additionalProperties, `${key}.NAME`);
  }
  return keysIn(schema, key);
}

function listKeys(item: Json, key: string): SchemaKey[] {
  return item.anyOf === undefined ? keysIn(item, key) : childKeys(item, key);
}

/** Descriptions end with their default where a schema can't hold it: `…. Default: 60s`. */
function splitDescription(description: string): { text: string; defaultText: string | undefined } {
  const [text = '', defaultText] = description.split(/(?:^|\s)Default: /);
  return { text: text.trim(), defaultText };
}

function defaultOf(schema: Json): string {
  return schema.default === undefined ? '' : JSON.stringify(schema.default).replace(/^"(.*)"$/, '$1');
}

function typeOf(schema: Json): string {
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${String(value)}\``).join(' or ');
  if (schema.pattern === durationPattern.source) return 'duration';
  if (schema.anyOf !== undefined)
    return [...new Set(schema.anyOf.map((branch) => typeOf(branch as Json)))].join(' or '); // as: see above
  switch (schema.type) {
    case 'integer':
      return 'whole number';
    case 'array':
      return 'list';
    case 'object':
      return 'map';
    default:
      return 'text';
  }
}
