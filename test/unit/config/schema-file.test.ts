import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { configJsonSchema } from '../../../src/config/json-schema.ts';
import { registries } from '../../../src/config/load.ts';

it('keeps drainctl.schema.json in step with the schema; "npx tsx scripts/schema.ts" writes it', () => {
  const file = new URL('../../../drainctl.schema.json', import.meta.url);

  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(JSON.parse(JSON.stringify(configJsonSchema(registries))));
});
