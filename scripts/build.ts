/** Builds dist/, which is what is published: `npm run build`. */
import { fileURLToPath } from 'node:url';
import { bundle } from './bundle.ts';

const bytes = await bundle(fileURLToPath(new URL('../dist', import.meta.url)));
console.error(`dist/: ${Math.round(bytes / 1024)} KiB`);
