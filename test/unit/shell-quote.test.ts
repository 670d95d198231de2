import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { commandLine } from '../../src/shell-quote.ts';

test('a command without special characters is written as it is', () => {
  expect(commandLine(['/usr/local/bin/jobs-running', 'mail_00'])).toBe('/usr/local/bin/jobs-running mail_00');
});

test('a script is one word', () => {
  expect(commandLine(['sh', '-c', 'sleep 1; exit 3'])).toBe("sh -c 'sleep 1; exit 3'");
});

test('a shell reads the same words back', () => {
  const word = fc.string().filter((text) => !text.includes('\0') && !text.includes('\n'));
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 5 }), (words) => {
      const line = commandLine(['printf', '%s\\n', ...words]);

      expect(execFileSync('/bin/sh', ['-c', line], { encoding: 'utf8' })).toBe(`${words.join('\n')}\n`);
    }),
    { numRuns: 50 },
  );
});
