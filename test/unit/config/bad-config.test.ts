import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isDrainctlError } from '../../../src/errors.ts';
import { parseText, problemsIn } from './parse-text.ts';

type Row = readonly [what: string, text: string, line: number, column: number, message: string];

const lb = 'pools: {lb: {driver: balancer, addresses: [a]}}\n';
const member = (keys: string) => `${lb}programs:\n  web:\n    members:\n      - ${keys}\n`;
const probe = (keys: string) => `programs:\n  web:\n    in_flight:\n      - ${keys}\n`;
const step = (keys: string) => `programs:\n  web:\n    before_stop:\n      - ${keys}\n`;
const ready = (keys: string) => `programs:\n  web:\n    ready: ${keys}\n`;

const yamlMistakes: readonly Row[] = [
  ['an empty file', '', 1, 1, 'the file is empty'],
  ['a file of comments', '# programs:\n', 1, 1, 'the file is empty'],
  ['a list at the top', '- a\n', 1, 1, 'must be a map of keys, not a list'],
  ['text at the top', 'hello\n', 1, 1, 'must be a map of keys, not "hello"'],
  ['a bracket that is not closed', 'programs: [1\n', 1, 12, 'must be sufficiently indented and end with a ]'],
  ['a quote that is not closed', 'state_dir: "x\n', 1, 13, 'missing closing'],
  ['a tab', 'programs:\n\tweb: {}\n', 2, 1, 'there is a tab here'],
  ['a key that is there twice', 'programs:\n  web: {}\n  web: {}\n', 3, 3, 'the key web is there twice'],
  ['two documents', 'programs: {}\n---\nlog: {}\n', 2, 1, 'there is a second document here'],
  ['an alias of nothing', 'programs: {web: *base}\n', 1, 17, 'there is no anchor &base'],
  ['an alias inside its anchor', 'programs: &p {web: *p}\n', 1, 20, 'inside its own anchor'],
  ['a tag', 'state_dir: !secret x\n', 1, 12, 'unresolved tag: !secret'],
  ['two colons', 'state_dir: a: b\n', 1, 12, 'nested mappings'],
  ['a map for a key', 'programs:\n  ? {a: 1}\n  : {}\n', 2, 5, 'a key must be text'],
  ['nesting without end', `a: ${'['.repeat(100)}${']'.repeat(100)}\n`, 1, 67, 'nested more than 64 deep'],
  ['what follows a stray bracket', '}x\nprograms: [\n', 1, 1, 'unexpected flow-map-end'],
];

const keyMistakes: readonly Row[] = [
  ['an unknown section', 'supervisr: {}\n', 1, 1, 'supervisr: unknown key; did you mean "supervisor"?'],
  ['an unknown key of supervisor', 'supervisor:\n  ulr: x\n', 2, 3, 'supervisor.ulr: unknown key; did you mean "url"?'],
  ['an unknown key of sidecar', 'sidecar: {sokcet: /x}\n', 1, 11, 'did you mean "socket"?'],
  ['an unknown key of log', 'log: {colour: true}\n', 1, 7, 'unknown key; known: level'],
  ['an unknown key of defaults', 'defaults:\n  polll: 1s\n', 2, 3, 'did you mean "poll"?'],
  [
    'an unknown key of a program',
    'programs:\n  web:\n    deadlin: 3s\n',
    3,
    5,
    'programs.web.deadlin: unknown key; did you mean "deadline"?',
  ],
  ['a dash for an underscore', 'defaults: {on-deadline: stop}\n', 1, 12, 'did you mean "on_deadline"?'],
  ['an unknown key of ready', ready('{htp: "http://a/"}'), 3, 13, 'did you mean "http"?'],
  [
    'an unknown key of a pool',
    'pools:\n  lb:\n    driver: balancer\n    adresses: [a]\n',
    4,
    5,
    'did you mean "addresses"?',
  ],
  ['an unknown key of a member', member('{pool: lb, sever: a/b}'), 5, 20, 'did you mean "server"?'],
  ['an unknown key of a probe', probe('{probe: fetch, ur: "http://a/"}'), 4, 24, 'did you mean "url"?'],
  [
    'an unknown key that a merge brings',
    'programs:\n  a: &a {deadlin: 3s}\n  b: {<<: *a}\n',
    2,
    10,
    'programs.b.deadlin: unknown key',
  ],
];

const valueMistakes: readonly Row[] = [
  ['a number for text', 'state_dir: 5\n', 1, 12, 'state_dir: must be text, not 5'],
  ['a relative folder', 'state_dir: lib\n', 1, 12, 'must be an absolute path, not "lib"'],
  ['an empty text', 'state_dir: ""\n', 1, 12, 'must not be empty'],
  [
    'a step without its kind',
    step('{exec: [a]}'),
    4,
    9,
    'step: is missing; it names the driver, and "drainctl drivers"',
  ],
  ['a number for a driver', 'pools: {lb: {driver: 5}}\n', 1, 22, 'driver: must be text, not 5'],
  ['a section without keys', 'defaults:\n', 1, 1, 'is empty; a map of keys is needed'],
  ['a program without keys', 'programs:\n  web:\n', 2, 3, 'programs.web: is empty'],
  ['a list of programs', 'programs: [web]\n', 1, 11, 'must be a map of names, not a list'],
  ['an unknown level', 'log: {level: inf}\n', 1, 14, '"inf" is not known here; did you mean "info"?'],
  ['another protocol', 'supervisor: {url: "tcp://x"}\n', 1, 19, 'is not an address of supervisord'],
  ['a password in a URL', 'supervisor: {url: "http://a:b@c:1"}\n', 1, 19, 'must not hold a user name'],
  [
    'two passwords',
    'supervisor: {username: a, password: b, password_file: c}\n',
    1,
    55,
    'password and password_file exclude each other',
  ],
  ['a user without password', 'supervisor: {username: a}\n', 1, 24, 'needs password or password_file'],
  ['a password without user', 'supervisor: {password: a}\n', 1, 24, 'needs username'],
  [
    'a password file that is missing',
    'supervisor:\n  username: a\n  password_file: missing\n',
    3,
    18,
    "supervisor.password_file: can't read missing",
  ],
  ['a socket mode without quotes', 'sidecar: {socket_mode: 0700}\n', 1, 24, 'must be text in quotes, such as "0700"'],
  ['a socket mode that is none', 'sidecar: {socket_mode: "0988"}\n', 1, 24, '"0988" is no file mode'],
  ['a socket mode that shuts out its owner', 'sidecar: {socket_mode: "0077"}\n', 1, 24, 'is no file mode'],
  ['a relative socket', 'sidecar: {socket: run/x}\n', 1, 19, 'must be an absolute path'],
  ['a socket path too long', `sidecar: {socket: /${'x'.repeat(120)}}\n`, 1, 19, 'is 121 bytes long'],
  ['a port without a host', 'sidecar: {http: ":9011"}\n', 1, 17, 'is not host:port'],
  ['a listen without a host', 'sidecar: {listen: ":9002"}\n', 1, 19, 'is not host:port'],
  [
    'a listen that everybody reaches, without a password',
    'sidecar: {listen: "0.0.0.0:9002"}\n',
    1,
    19,
    'would let everybody who reaches 0.0.0.0 stop everything',
  ],
  [
    'a user name without a password',
    'sidecar: {listen: "127.0.0.1:9002", username: a}\n',
    1,
    47,
    'needs password or password_file beside it',
  ],
  [
    'a password without a user name',
    'sidecar: {listen: "127.0.0.1:9002", password: a}\n',
    1,
    47,
    'needs username beside it',
  ],
  ['a user name for nothing', 'sidecar: {username: a, password: b}\n', 1, 21, 'is for listen only'],
  [
    'a hash that is none',
    'sidecar: {listen: "a:1", username: a, password: "{SHA}secret"}\n',
    1,
    49,
    'begins with {SHA} but no SHA-1',
  ],
  [
    'a listen as supervisord writes it',
    'sidecar: {listen: "*:9002", username: a, password: b}\n',
    1,
    19,
    '0.0.0.0:9002',
  ],
  [
    'a user name that no client can send',
    'sidecar: {listen: "a:1", username: "a:b", password: c}\n',
    1,
    36,
    'must not hold a colon',
  ],
  [
    'health endpoints at the address of listen',
    'sidecar: {listen: "127.0.0.1:9002", http: "127.0.0.1:9002"}\n',
    1,
    43,
    'is the address of listen',
  ],
  ['a body limit of nothing', 'sidecar: {limits: {body: 0}}\n', 1, 26, '1024'],
  ['an unknown limit', 'sidecar: {limits: {bodi: 5000}}\n', 1, 20, 'did you mean "body"?'],
  ['a time-out without a unit', 'sidecar: {limits: {idle_timeout: 5}}\n', 1, 34, ''],
  ['a negative owner', 'sidecar: {socket_owner: -1}\n', 1, 25, ''],
  [
    'the own socket for that of supervisord',
    'supervisor: {url: "unix:///run/drainctl.sock"}\n',
    1,
    19,
    "is the sidecar's own address",
  ],
  [
    'the own port for that of supervisord',
    'supervisor: {url: "http://localhost:9002"}\nsidecar: {listen: "127.0.0.1:9002"}\n',
    1,
    19,
    "is the sidecar's own address",
  ],
  ['a port that is none', 'sidecar: {http: "a:70000"}\n', 1, 17, 'is not host:port'],
  ['a duration without unit', 'defaults: {deadline: 30}\n', 1, 22, '30 has no unit: write 30s'],
  ['a duration of nonsense', 'defaults: {deadline: soon}\n', 1, 22, '"soon" is not a duration'],
  ['a negative duration', 'defaults: {quiet: -3s}\n', 1, 19, '"-3s" is not a duration'],
  ['a deadline of zero', 'defaults: {deadline: 0s}\n', 1, 22, 'must be at least 100ms'],
  ['polling too fast', 'defaults: {poll: 1ms}\n', 1, 18, 'must be at least 10ms'],
  ['a deadline shorter than quiet', 'defaults: {deadline: 1s, quiet: 2s}\n', 1, 22, '(1s) is shorter than quiet (2s)'],
  [
    "a program's quiet longer than the default deadline",
    'programs:\n  web: {quiet: 2m}\n',
    2,
    16,
    'the deadline (1m) is shorter than quiet (2m)',
  ],
  ['an unknown action at the deadline', 'defaults: {on_deadline: stpo}\n', 1, 25, 'did you mean "stop"?'],
  ['nothing unavailable', 'defaults: {max_unavailable: 0}\n', 1, 29, 'must be at least 1, not 0'],
  ['half a process', 'defaults: {max_unavailable: 1.5}\n', 1, 29, 'must be a whole number, not 1.5'],
  ['a stage in words', 'programs: {web: {stage: first}}\n', 1, 25, 'must be a number, not "first"'],
  ['a glob that is not closed', 'programs:\n  "w[": {}\n', 2, 3, '"w[" is not a glob: Missing closing: "]"'],
  ['a name with a space', 'programs:\n  a b: {}\n', 2, 3, 'no names with spaces'],
  ['a name with two colons', 'programs:\n  "a:b:c": {}\n', 2, 3, 'more than one colon'],
  ['a name that ends in a colon', 'programs:\n  "web:": {}\n', 2, 3, 'a name on both sides of the colon'],
  ['no way to be ready', ready('{}'), 3, 12, 'needs either http or exec'],
  ['two ways to be ready', ready('{http: "http://a/", exec: [a]}'), 3, 12, 'needs either http or exec, and not both'],
  ['a readiness URL that is none', ready('{http: foo}'), 3, 19, '"foo" is not an http:// or https:// URL'],
  ['an empty command', ready('{exec: []}'), 3, 19, 'needs at least 1 entry'],
];

const driverMistakes: readonly Row[] = [
  [
    'an unknown driver',
    'pools:\n  lb:\n    driver: balancr\n',
    3,
    13,
    'there is no pool driver "balancr"; did you mean "balancer"?',
  ],
  ['a pool without driver', 'pools:\n  lb: {addresses: [a]}\n', 2, 3, 'pools.lb.driver: is missing'],
  [
    'a pool without a key it needs',
    'pools:\n  lb: {driver: balancer}\n',
    2,
    3,
    'pools.lb.addresses: is missing; a list',
  ],
  [
    'a pool with a bad option',
    'pools: {lb: {driver: balancer, addresses: [a], retries: -1}}\n',
    1,
    57,
    'must be at least 0',
  ],
  [
    'a pool with an option of neither type',
    'pools: {lb: {driver: balancer, addresses: [a], peer: 5}}\n',
    1,
    54,
    'must be text or a map of keys, not 5',
  ],
  [
    'an unknown key in an option of several types',
    'pools: {lb: {driver: balancer, addresses: [a], peer: {hots: x}}}\n',
    1,
    55,
    'pools.lb.peer.hots: unknown key; did you mean "host"?',
  ],
  ['an unknown pool', member('{pool: bl, server: a/b}'), 5, 16, 'there is no pool "bl"; did you mean "lb"?'],
  ['a member without pool', member('{server: a/b}'), 5, 9, 'members[0].pool: is missing'],
  ['a member that is text', member('lb'), 5, 9, 'members[0]: must be a map of keys, not "lb"'],
  ['a member of bad form', member('{pool: lb, server: web}'), 5, 28, 'members[0].server: must be backend/server'],
  [
    'a member with text for a number',
    member('{pool: lb, server: a/b, port: "80"}'),
    5,
    39,
    'must be a number, not "80"',
  ],
  [
    'the same member twice in a program',
    `${member('{pool: lb, server: "a/%(process_name)s"}')}      - {pool: lb, server: "a/%(process_name)s"}\n`,
    6,
    9,
    'is the same member of pool "lb" as programs.web.members[0]',
  ],
  [
    'the same member in two programs',
    `${member('{pool: lb, server: a/b}')}  api:\n    members: [{pool: lb, server: a/b}]\n`,
    7,
    15,
    'is the same member of pool "lb" as programs.web.members[0]',
  ],
  ['an unknown probe', probe('{probe: fetc}'), 4, 17, 'there is no probe "fetc"; did you mean "fetch"?'],
  ['a probe without a key it needs', probe('{probe: fetch}'), 4, 9, 'in_flight[0].url: is missing'],
  ['a probe with a bad URL', probe('{probe: fetch, url: x}'), 4, 29, 'must be an http:// or https:// URL'],
  ['no probes', 'programs: {web: {in_flight: []}}\n', 1, 29, 'needs at least 1 entry'],
  ['an unknown step', step('{step: knok}'), 4, 16, 'there is no step "knok"; did you mean "knock"?'],
  ['a step without a key it needs', step('{step: knock}'), 4, 9, 'before_stop[0].times: is missing'],
  ['a step with a bad option', step('{step: knock, times: 0}'), 4, 30, 'must be at least 1'],
  ['an unknown key of a step', step('{step: knock, times: 1, on_failur: abort}'), 4, 33, 'did you mean "on_failure"?'],
  ['a step that fails oddly', step('{step: knock, times: 1, on_failure: stop}'), 4, 45, 'known: continue, abort'],
  ['a step that is text', step('knock'), 4, 9, 'before_stop[0]: must be a map of keys, not "knock"'],
  ['a step for a list', 'programs:\n  web:\n    after_drain: {step: knock}\n', 3, 18, 'must be a list, not a map'],
  ['text for a list', probe('{probe: command, command: "%(process_name)s"}'), 4, 35, 'must be a list, not'],
];

const expansionMistakes: readonly Row[] = [
  [
    'an unknown expansion',
    member('{pool: lb, server: "a/%(proces_name)s"}'),
    5,
    31,
    'members[0].server: %(proces_name)s: unknown expansion; did you mean "process_name"?',
  ],
  ['a malformed expansion', probe('{probe: fetch, url: "http://a/%(x)"}'), 4, 39, '%(x): not an expansion'],
  ['a bare percent sign', ready('{http: "http://a/%20"}'), 3, 29, '%20: not an expansion'],
  ['an unset variable', ready('{exec: [a, "%(ENV_NOPE)s"]}'), 3, 24, 'environment variable NOPE is not set'],
  ['text as a number', member('{pool: lb, server: "a/%(process_name)02d"}'), 5, 31, 'process_name is text'],
];

describe('parseConfig', () => {
  it.each([...yamlMistakes, ...keyMistakes, ...valueMistakes, ...driverMistakes, ...expansionMistakes])(
    'refuses %s at its place',
    (_, text, line, column, message) => {
      const { problems } = problemsIn(text);

      const described = problems.map((problem) => ({ ...problem, text: `${problem.path}: ${problem.message}` }));
      expect(described).toContainEqual(
        expect.objectContaining({ line, column, text: expect.stringContaining(message) }),
      );
    },
  );

  it('tells of all mistakes at once, in the order of the file', () => {
    const { problems } = problemsIn('programs:\n  web: {quiet: 1}\n  api: {poll: 1}\ndefaults: {settle: 1}\nx: 1\n');

    expect(problems.map(({ path }) => path)).toEqual([
      'programs.web.quiet',
      'programs.api.poll',
      'defaults.settle',
      'x',
    ]);
  });

  it('says one thing of one mistake', () => {
    expect(problemsIn('defaults: {deadline: 0s}\n').problems).toHaveLength(1);
  });

  it('shows the line with a caret under the mistake', () => {
    const { message } = problemsIn('programs:\n  web:\n    deadlin: 3s\n');

    expect(message).toBe(
      [
        '/etc/drainctl.yaml:3:5: programs.web.deadlin: unknown key; did you mean "deadline"?',
        '        deadlin: 3s',
        '        ^^^^^^^',
      ].join('\n'),
    );
  });

  it.each([
    'supervisor: {url: "http://adm:topsecret@127.0.0.1:9001"}\n',
    'supervisor: {url: "unix:///s", username: a, password: topsecret, nme: x}\n',
    'sidecar:\n  listen: "a:1"\n  username: a\n  "password": "{SHA}topsecret"\n',
  ])('shows no line with a password', (text) => {
    expect(problemsIn(text).message).not.toContain('topsecret');
  });

  it('puts the caret right after a tab and in a file with CRLF', () => {
    const { message } = problemsIn('log: {}\r\nsupervisor: {\turl: x}\r\n');

    expect(message.split('\n').slice(1)).toEqual(['    supervisor: {\turl: x}', '                 \t     ^']);
  });

  it('writes a path that holds a glob in brackets', () => {
    expect(problemsIn('programs: {"web:*": {poll: 1}}').problems[0]?.path).toBe('programs["web:*"].poll');
  });

  it('does not unfold an alias bomb', () => {
    const bomb = [
      'a: &a [x]',
      ...'bcdefgh'.split('').map((key, index) => `${key}: &${key} [${`*${'abcdefgh'[index]},`.repeat(9)}]`),
    ];

    expect(problemsIn(bomb.join('\n')).problems[0]?.message).toContain('Excessive alias count');
  });

  it('unfolds what hundreds of programs share', () => {
    const programs = Array.from({ length: 400 }, (_, index) => `  p${index}: *base`);

    const config = parseText(['programs:', '  base: &base {deadline: 5s}', ...programs].join('\n'));

    expect(config.programs.filter(({ deadlineMs }) => deadlineMs === 5_000)).toHaveLength(401);
  });

  it('meets any text with CONFIG_INVALID or a configuration', () => {
    const words = fc.constantFrom(
      ...[
        'programs',
        'pools',
        'web',
        'members',
        'pool',
        'lb',
        'driver',
        'balancer',
        'in_flight',
        'ready',
        '%(',
        ')s',
        '__proto__',
      ],
      ...[
        ':',
        ': ',
        '\n',
        '\n  ',
        '- ',
        '{',
        '}',
        '[',
        ']',
        ',',
        '"',
        '&a ',
        '*a',
        '<<',
        '30s',
        '1',
        'null',
        '~',
        '!',
        '\t',
        'é',
        '\u0000',
      ],
    );

    fc.assert(
      fc.property(fc.array(words, { maxLength: 25 }), (parts) => {
        try {
          parseText(parts.join(''));
        } catch (error) {
          expect(isDrainctlError(error, 'CONFIG_INVALID'), String(error)).toBe(true);
        }
      }),
      { numRuns: 2_000 },
    );
  }, 30_000);

  it('meets any value with CONFIG_INVALID or a configuration', () => {
    const keys = fc.constantFrom(
      'driver',
      'pool',
      'probe',
      'url',
      'server',
      'members',
      'in_flight',
      'web',
      'lb',
      'ready',
      'exec',
    );
    const leaf = fc.oneof(
      fc.constantFrom('balancer', 'lb', 'fetch', '%(x)', '1s', '%(process_num)d'),
      fc.json(),
      fc.integer(),
    );
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 5 },
        leaf,
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(keys, tie('value'), { maxKeys: 4 }),
      ),
    }));
    const sections = fc.dictionary(fc.constantFrom('pools', 'programs', 'defaults', 'supervisor'), value, {
      maxKeys: 4,
    });

    fc.assert(
      fc.property(sections, (root) => {
        try {
          parseText(JSON.stringify(root));
        } catch (error) {
          expect(isDrainctlError(error, 'CONFIG_INVALID'), String(error)).toBe(true);
        }
      }),
      { numRuns: 2_000 },
    );
  }, 30_000);
});
