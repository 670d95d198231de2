import { readFileSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterAll, beforeAll, expect } from 'vitest';
import { type JournalContent, readJournalFile, writeJournalFile } from '../../../src/drain/journal-file.ts';
import { toDrainctlError } from '../../../src/errors.ts';
import { fuzz, mutated } from '../../faults/support/fuzz.ts';
import { TemporaryDirectory } from '../../support/temporary-directory.ts';
import { entry, hold } from './journal-entries.ts';

const content: JournalContent = { entries: [entry('web:web_00')], holds: [hold('web:web_01')] };
const words = ['{', '}', '[', ']', '"', ',', ':', 'null', '0', '1', 'true', '"version"', '"entries":[]', '\n', '\0'];

let directory: TemporaryDirectory;
let text: string;

beforeAll(async () => {
  directory = new TemporaryDirectory();
  await writeJournalFile(directory.path, directory.file('journal.json'), content);
  text = readFileSync(directory.file('journal.json'), 'utf8');
});

afterAll(() => directory.close());

fuzz(
  'journal',
  'that is damaged is read as it was written, or refused as a whole',
  fc.asyncProperty(
    // Chained, because the text is there only when the tests run.
    fc.constant(undefined).chain(() => mutated(fc.constant(text), { words })),
    async (damaged) => {
      const file = directory.file('damaged.json');
      writeFileSync(file, damaged);

      const outcome = await readJournalFile(file).catch(toDrainctlError);

      if ('code' in outcome) {
        expect(['JOURNAL_UNREADABLE', 'JOURNAL_NEWER']).toContain(outcome.code);
        expect([outcome.message.includes(file), outcome.hint !== '']).toEqual([true, true]);
      } else expect(outcome).toEqual(content);
    },
  ),
);
