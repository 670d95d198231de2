import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readServers, serversOf, withDown } from '../../../../src/pools/nginx-upstream/servers.ts';
import { NginxSyntaxError, parseNginx } from '../../../../src/pools/nginx-upstream/tokens.ts';

function set(text: string, server: string, isDown: boolean, upstream?: string): string {
  return withDown(text, serversOf(readServers(text), { server, upstream }), isDown);
}

const seed = Number(process.env['DRAINCTL_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

describe('the lines of an upstream', () => {
  test.each([
    ['server 127.0.0.1:8101 weight=2;', 'server 127.0.0.1:8101 weight=2 down;'],
    ['server 127.0.0.1:8101;server 127.0.0.1:8102;', 'server 127.0.0.1:8101 down;server 127.0.0.1:8102;'],
    ['server\n  127.0.0.1:8101 # the first\n  backup\n;', 'server\n  127.0.0.1:8101 # the first\n  backup down\n;'],
    ['server 127.0.0.1:8101 # ; not yet\n;', 'server 127.0.0.1:8101 down # ; not yet\n;'],
    ['# server 127.0.0.1:8101;\nserver "127.0.0.1:8101";', '# server 127.0.0.1:8101;\nserver "127.0.0.1:8101" down;'],
    [
      'upstream a { server 127.0.0.1:8101; }\nupstream b { hash $arg_x; server 127.0.0.1:8101 weight=2; }',
      'upstream a { server 127.0.0.1:8101 down; }\nupstream b { hash $arg_x; server 127.0.0.1:8101 weight=2 down; }',
    ],
    [
      'upstream a{server 127.0.0.1:8101;}server{listen 127.0.0.1:8101;}',
      'upstream a{server 127.0.0.1:8101 down;}server{listen 127.0.0.1:8101;}',
    ],
  ])('%j gets `down` where it belongs, and loses it again', (text, down) => {
    expect(set(text, '127.0.0.1:8101', true)).toBe(down);
    expect(set(down, '127.0.0.1:8101', false)).toBe(text);
  });

  test.each([
    ['unix:/run/web_00.sock', 'server unix:/run/web_00.sock;'],
    ['[::1]:8101', 'server [::1]:8101;'],
    ['app.example', 'server APP.example:80;'],
    ['[::1]', 'server [::1]:80 max_fails=3;'],
  ])('a member %s is found', (server, text) => {
    expect(serversOf(readServers(text), { server })).toHaveLength(1);
  });

  test('with `upstream` only the line in that one', () => {
    const text = 'upstream a { server 10.0.0.1; } upstream b { server 10.0.0.1; }';
    expect(set(text, '10.0.0.1', true, 'b')).toBe(
      'upstream a { server 10.0.0.1; } upstream b { server 10.0.0.1 down; }',
    );
  });

  test('a parameter that only looks like `down` is none', () => {
    expect(readServers('server 10.0.0.1 route=down; server down;').map(({ isDown }) => isDown)).toEqual([false, false]);
  });
});

describe("nginx's syntax", () => {
  const variable = '$\u007bb}';
  const words = (text: string) => parseNginx(text).map((directive) => directive.words.map((word) => word.text));

  test.each([
    ['a b#c;', [['a', 'b#c']]],
    ['a "b c" \'d;e\';', [['a', 'b c', 'd;e']]],
    ['a b\\ c \\"d;', [['a', 'b\\ c', '"d']]],
    [`set $a "${variable}c";`, [['set', '$a', `${variable}c`]]],
    [`set $a x${variable}y;`, [['set', '$a', `x${variable}y`]]],
    ['a b}c;', [['a', 'b}c']]],
    ['a b"c"d;', [['a', 'b"c"d']]],
    ['# only a comment', []],
  ])('%j', (text, expected) => {
    expect(words(text)).toEqual(expected);
  });

  test.each([
    ['server 10.0.0.1', 1, 'the last directive has no ";"'],
    ['upstream a {\n server 10.0.0.1;\n', 1, 'this "{" is not closed'],
    ['server 10.0.0.1;\n}', 2, 'unexpected "}"'],
    ['a;\nb "c', 2, 'this " is not closed'],
    ['a "b"c;', 1, 'unexpected "c" after a quote'],
    [';', 1, 'unexpected ";"'],
    ['a;\nbalancer_by_lua_block { x = "}" }', 2, '"balancer_by_lua_block" holds another language'],
  ])('%j is refused, with its line', (text, line, why) => {
    expect(() => parseNginx(text)).toThrow(
      new NginxSyntaxError(text, text.split('\n', line).join('\n').length - 1, why),
    );
    try {
      parseNginx(text);
    } catch (error) {
      expect(error).toMatchObject({ line, why });
    }
  });
});

describe('any file', () => {
  const blank = fc.constantFrom(' ', '\n', '\t', '  ', ' # a "comment; {\n');
  const address = fc.constantFrom(
    '10.0.0.1:80',
    '10.0.0.2',
    '[::1]:8101',
    'unix:/run/a.sock',
    '"10.0.0.1"',
    '10.0.0.10',
  );
  const parameter = fc.constantFrom('weight=2', 'backup', 'max_fails=0', 'down', '"down"', 'down=1');
  const spaced = (parts: readonly string[], gaps: readonly string[]) =>
    parts.map((part, index) => part + (gaps[index % gaps.length] ?? ' ')).join('');
  const server = fc
    .tuple(address, fc.array(parameter, { maxLength: 3 }), fc.array(blank, { minLength: 1, maxLength: 5 }))
    .map(([name, parameters, gaps]) => `${spaced(['server', name, ...parameters], gaps)};`);
  const other = fc.constantFrom(
    'keepalive 32;',
    'least_conn;',
    '# server 10.0.0.1 down;\n',
    'zone app 64k;',
    'hash "$a;{" consistent;',
  );
  const lines = fc.array(fc.oneof(server, other), { maxLength: 6 }).map((all) => all.join(''));
  const file = fc.oneof(
    lines,
    fc.array(lines, { maxLength: 3 }).map((all) => all.map((text, index) => `upstream u${index} {${text}}`).join('\n')),
  );
  const shape = (text: string) =>
    JSON.stringify(parseNginx(text), (key, value) => (key === 'start' || key === 'end' ? undefined : value));

  test(`of a member only \`down\` is changed, and putting back leaves no trace (seed ${seed})`, () => {
    fc.assert(
      fc.property(file, address, (text, quoted) => {
        const name = quoted.replaceAll('"', '');
        const mine = serversOf(readServers(text), { server: name });
        const others = (of: string) => readServers(of).filter((line) => !serversOf([line], { server: name }).length);
        const out = set(text, name, true);
        expect(serversOf(readServers(out), { server: name }).every(({ isDown }) => isDown)).toBe(true);
        expect(others(out).map(({ isDown }) => isDown)).toEqual(others(text).map(({ isDown }) => isDown));
        // Back to what it was: only the lines that were not down before.
        const before = mine.map(({ isDown }) => isDown);
        const ours = serversOf(readServers(out), { server: name }).filter((_, index) => before[index] === false);
        expect(withDown(out, ours, false)).toBe(text);
        const up = set(text, name, false);
        expect(serversOf(readServers(up), { server: name }).some(({ isDown }) => isDown)).toBe(false);
        if (mine.length === 0) expect(shape(up)).toBe(shape(text));
      }),
      { seed, numRuns: 300 },
    );
  });

  test(`any text is understood or refused, with a line that it has (seed ${seed})`, () => {
    const text = fc.string({
      unit: fc.constantFrom('{', '}', ';', '"', "'", '\\', '$', '#', '\n', ' ', 'server', 'a'),
    });
    fc.assert(
      fc.property(text, (any) => {
        try {
          readServers(any);
        } catch (error) {
          expect(error).toBeInstanceOf(NginxSyntaxError);
          expect((error as NginxSyntaxError).line).toBeLessThanOrEqual(any.split('\n').length); // as: the line before
        }
      }),
      { seed, numRuns: 1_000 },
    );
  });
});
