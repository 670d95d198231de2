import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { LogFields, LogLevel } from '../../../src/log.ts';
import { startProcess } from '../../support/processes.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const program = fileURLToPath(new URL('../../fixtures/log/json-lines.mjs', import.meta.url));

/** What a process that logs these lines writes. */
async function written(level: LogLevel, lines: readonly (readonly [LogLevel, string, LogFields?])[]) {
  const args = ['--import', 'tsx', program, level, JSON.stringify(lines)];
  const logging = startProcess(process.execPath, args, { mark: temporaryDirectory().path });
  await logging.exited;
  const texts = logging.stderr.split('\n').filter((line) => line !== '');
  // as: every line of the log is a JSON object, which is what is tested
  return { stdout: logging.stdout, lines: texts.map((text) => JSON.parse(text) as Record<string, unknown>) };
}

describe('the log', () => {
  test('is one JSON object a line on stderr, and nothing on stdout', async () => {
    const { stdout, lines } = await written('info', [
      ['info', 'depooled', { run: 'run-1' }],
      ['warn', 'two\nlines'],
    ]);

    expect(stdout).toBe('');
    expect(lines).toMatchObject([
      { msg: 'depooled', run: 'run-1', time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) },
      { msg: 'two\nlines' },
    ]);
  });

  test('leaves out what is below its level', async () => {
    const { lines } = await written('warn', [
      ['debug', 'd'],
      ['info', 'i'],
      ['warn', 'w'],
      ['error', 'e'],
    ]);

    expect(lines.map(({ msg }) => msg)).toEqual(['w', 'e']);
  });

  test('never holds a secret', async () => {
    const { lines } = await written('info', [
      ['info', 'calls', { password: 's3cret', token: 's3cret', authorization: 'Basic s3cret' }],
      [
        'info',
        'calls',
        { endpoint: { url: 'http://a', password: 's3cret', token: 's3cret', authorization: 's3cret' } },
      ],
    ]);

    expect(lines).toHaveLength(2);
    expect(JSON.stringify(lines)).not.toContain('s3cret');
    expect(lines[1]).toMatchObject({ endpoint: { url: 'http://a' } });
  });
});
