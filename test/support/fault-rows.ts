import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../faults/', import.meta.url));

/** The first argument of each call of `figure()`: a string literal, or the name of a constant. */
const call = /(?<![\w.]|function )figure\(\s*([^,)]+?)\s*,/g;

/** The faults that the fault suite gives figures of, as its source text has them. Throws for one that can't be told from that. */
export function faultRows(): string[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  const rows = files.flatMap((name) => {
    const source = readFileSync(join(folder, name), 'utf8');
    return [...source.matchAll(call)].map(([, argument = '']) => titleOf(argument, source, name));
  });
  return [...new Set(rows)].sort();
}

function titleOf(argument: string, source: string, file: string): string {
  const literal = /^(['"])(.*)\1$/;
  const constant = new RegExp(`const ${argument} = ('[^']*'|"[^"]*");`).exec(source)?.[1];
  const title = literal.exec(argument)?.[2] ?? literal.exec(constant ?? '')?.[2];
  if (title === undefined)
    throw new Error(`test/faults/${file}: figure(${argument}, …) must have a literal, or a constant of that file`);
  return title;
}
