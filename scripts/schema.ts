import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { configJsonSchema } from '../src/config/json-schema.ts';
import { registries } from '../src/config/load.ts';

// Writes drainctl.schema.json; a test fails where it no longer says what the drivers say.
const file = fileURLToPath(new URL('../drainctl.schema.json', import.meta.url));
writeFileSync(file, `${JSON.stringify(configJsonSchema(registries), null, 2)}\n`);
console.log(`wrote ${file}`);
