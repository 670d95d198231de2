import { describe, expect, test } from 'vitest';
import { exec } from '../../../src/probes/exec.ts';
import { http } from '../../../src/probes/http.ts';

describe('options of http', () => {
  const complaint = (options: object) =>
    http.options.safeParse({ url: 'http://h/', ...options }).error?.issues[0]?.message;

  test('have defaults', () => {
    expect(http.options.parse({ url: 'http://h/load' })).toMatchObject({ method: 'GET', timeout: 2_000, subtract: 0 });
  });

  test.each([
    [{ url: 'h/load' }, 'write a whole URL'],
    [{ url: 'ftp://h/load' }, 'write a whole URL'],
    [{ socket: 'app.sock' }, 'write an absolute path'],
    [{ json: 'active' }, 'write a JSON pointer'],
    [{ regex: 'busy=\\d+' }, 'one group'],
    [{ regex: 'busy=(' }, 'one group'],
    [{ json: '/a', regex: '(a)' }, 'exclude each other'],
    [{ timeout: 2 }, '2 has no unit'],
    [{ headers: { 'a b': 'c' } }, 'Invalid key'],
    [{ headers: { a: 'b\nc' } }, 'not a header value'],
  ])('%j is refused', (options, text) => {
    expect(complaint(options)).toContain(text);
  });

  test.each([{ subtract: -1 }, { subtract: 0.5 }, { method: 'DELETE' }])('%j is refused', (options) => {
    expect(complaint(options)).toBeDefined();
  });
});

describe('options of exec', () => {
  test('have defaults', () => {
    expect(exec.options.parse({ command: ['jobs'] })).toEqual({ command: ['jobs'], timeout: 5_000, env: {} });
  });

  test.each([{ command: [] }, { command: [''] }, { command: 'jobs -c' }, { command: ['a'], timeout: '5' }])(
    '%j is refused',
    (options) => {
      expect(exec.options.safeParse(options).success).toBe(false);
    },
  );
});
