import fc from 'fast-check';
import { expect, test } from 'vitest';
import { quoteForSupervisord } from '../../../src/install/command-line.ts';
import { listenerContent } from '../../../src/install/contents.ts';
import { readShipped } from '../../../src/install/shipped.ts';
import { parseIni } from '../../../src/supervisor/ini.ts';
import { parseBySupervisord } from '../../support/supervisord-parser.ts';

const lineParts = ['[s]', '[t:x]', 'a', 'B', 'key', '=', ':', ' ', '\t', ';', '#', '1', 'x y', ']', '%%', '"', 'é'];

/** Text that looks like a configuration, and is mostly odd. */
const iniText = fc
  .array(
    fc.array(fc.constantFrom(...lineParts), { maxLength: 7 }).map((parts) => parts.join('')),
    { maxLength: 8 },
  )
  .map((lines) => `[s]\n${lines.join('\n')}\n`);

test('our reader of configuration files agrees with that of supervisord', async () => {
  const texts = fc.sample(iniText, { numRuns: 3_000, seed: 3 });

  const theirs = await parseBySupervisord(texts);

  const disagreements = texts.filter((text, index) => {
    const sections = theirs[index]?.sections ?? null;
    return JSON.stringify(sections) !== JSON.stringify(read(text));
  });
  expect(disagreements).toEqual([]);
});

/** As supervisord's parser gives it; null for a text with a mistake. */
function read(text: string): Record<string, Record<string, string>> | null {
  const { sections, mistakes } = parseIni(text, 'f');
  if (mistakes.length > 0) return null;
  return Object.fromEntries(
    sections.map(({ name, entries }) => [
      name,
      Object.fromEntries([...entries].map(([key, { value }]) => [key, value])),
    ]),
  );
}

const path = fc
  .array(fc.constantFrom('a', ' ', ';', '#', '%', '%s', '$', "'", '"', '\\', '=', '*', 'é', '-', '&', '`'), {
    minLength: 1,
    maxLength: 8,
  })
  .map((parts) => `/x${parts.join('')}y`);

test('every path that is written into a command comes out of supervisord as it went in', async () => {
  const samples = fc.sample(fc.array(path, { minLength: 1, maxLength: 3 }), { numRuns: 2_000, seed: 3 });
  const texts = samples.map((words) => `[eventlistener:drain]\ncommand=${quoteForSupervisord(words)}\n`);

  const theirs = await parseBySupervisord(texts);

  const changed = samples.filter((words, index) => JSON.stringify(theirs[index]?.words) !== JSON.stringify(words));
  expect(changed).toEqual([]);
});

test('the section that is written says what it is to say', async () => {
  const call = { command: ['/opt/my node', '/opt/main.js'], configFile: '/etc/it;s #1 100%.yaml' };
  const text = listenerContent(readShipped().listener, call, '/var/log/100%/drain.log');

  const [parsed] = await parseBySupervisord([text]);

  expect(parsed?.words).toEqual(['/opt/my node', '/opt/main.js', 'listen', '--config', '/etc/it;s #1 100%.yaml']);
  expect(parsed?.sections['eventlistener:drain']).toMatchObject({
    stderr_logfile: '/var/log/100%%/drain.log',
    priority: '99999',
  });
});
