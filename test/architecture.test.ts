import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { architectureViolations } from './support/architecture.ts';

/** Source files that are longer than a file should be, each with the reason why it is not split. */
const longFiles = new Map<string, string>([]);

function readSources(): Map<string, string> {
  const root = new URL('..', import.meta.url).pathname;
  const paths = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => `src/${path.replaceAll('\\', '/')}`);
  return new Map(paths.sort().map((path) => [path, readFileSync(join(root, path), 'utf8')]));
}

test('the sources keep to the layout of the design', () => {
  expect(architectureViolations(readSources(), longFiles)).toEqual([]);
});

describe('the check finds', () => {
  const pools = {
    'src/pools/index.ts': "import { haproxy } from './haproxy.ts';\nimport { consul } from './consul.ts';",
    'src/pools/haproxy.ts': "import type { Pool } from './pool.ts';",
    'src/pools/consul.ts': '',
    'src/pools/pool.ts': '',
  };

  test.each([
    [
      'an import against the direction',
      { 'src/rpc/client.ts': "import type { Pool } from '../pools/pool.ts';" },
      'src/rpc/client.ts:1: rpc may not import pools (src/pools/pool.ts)',
    ],
    [
      'a lazy import against the direction',
      { 'src/drain/run.ts': "\nconst output = await import('../cli/output.ts');" },
      'src/drain/run.ts:2: drain may not import cli (src/cli/output.ts)',
    ],
    [
      'systemd in the engine',
      { 'src/drain/run.ts': "export { notify } from '../systemd/notify.ts';" },
      'src/drain/run.ts:1: drain may not import systemd (src/systemd/notify.ts)',
    ],
    [
      'a folder that the layout does not have',
      { 'src/helpers/misc.ts': "import '../log.ts';" },
      'src/helpers/misc.ts: src/helpers is no folder of the layout',
    ],
    [
      'a driver that imports another',
      { ...pools, 'src/pools/consul.ts': "import { parse } from './haproxy.ts';" },
      'src/pools/consul.ts:1: only src/pools/index.ts may import the driver src/pools/haproxy.ts',
    ],
    [
      'an engine that knows more of the pools than their contract',
      { ...pools, 'src/drain/run.ts': "import { pools } from '../pools/index.ts';" },
      'src/drain/run.ts:1: drain may import only src/pools/pool.ts, not src/pools/index.ts',
    ],
    [
      'a package where it does not belong',
      { 'src/drain/run.ts': "import { pino } from 'pino';" },
      'src/drain/run.ts:1: only cli and sidecar may import pino',
    ],
    [
      'an import from outside src',
      { 'src/cli/run.ts': "import { waitFor } from '../../test/support/wait-for.ts';" },
      'src/cli/run.ts:1: imports test/support/wait-for.ts, which lies outside src',
    ],
    [
      'a circle',
      { 'src/a.ts': "import './b.ts';", 'src/b.ts': "import type { A } from './a.ts';" },
      'circle: src/a.ts → src/b.ts → src/a.ts',
    ],
    ['a default export', { 'src/a.ts': 'export default function a() {}' }, 'src/a.ts: has a default export'],
    ['a long file', { 'src/a.ts': '\n'.repeat(251) }, 'src/a.ts: 251 lines; more than 250 needs a reason'],
  ])('%s', (_, sources, violation) => {
    expect(architectureViolations(new Map(Object.entries(sources)))).toEqual([violation]);
  });

  test('a long file that has become short but is still on the list', () => {
    const violations = architectureViolations(new Map([['src/a.ts', '']]), new Map([['src/a.ts', 'a table']]));

    expect(violations).toEqual(['src/a.ts: is listed as longer than 250 lines, and is not; take it off the list']);
  });
});
