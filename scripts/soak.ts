/**
 * `npm run soak`: the whole fault suite in its full form, and its figures in docs/reliability.md. It takes more than an hour.
 *
 *   npm run soak -- [FILE…]      only these files of test/faults; the figures of the other faults stay as they are
 *
 * Where a test fails nothing is written.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, release, tmpdir, totalmem, type } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { figuresVariable, readFigures, soakVariable } from '../test/faults/support/figures.ts';
import { faultRows } from '../test/support/fault-rows.ts';
import { toolPath } from '../test/support/tools.ts';
import { type Stamp, withFigures } from './soak/table.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const document = join(root, 'docs/reliability.md');

function main(): number {
  const directory = mkdtempSync(join(tmpdir(), 'drainctl-soak-'));
  try {
    const file = join(directory, 'figures');
    // Before the tests: what is committed meanwhile was not tested.
    const stamp = stampOfNow();
    const { status } = spawnSync('npx', ['vitest', 'run', '--project', 'faults', ...process.argv.slice(2)], {
      cwd: root,
      stdio: 'inherit',
      env: { ...process.env, [soakVariable]: '1', [figuresVariable]: file },
    });
    const figures = readFigures(file);
    if (status !== 0 || figures.length === 0) {
      console.error('soak: not all has passed, so docs/reliability.md stays as it is');
      return 1;
    }
    writeFileSync(document, withFigures(readFileSync(document, 'utf8'), figures, stamp, faultRows()));
    console.error('soak: wrote docs/reliability.md');
    return 0;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function stampOfNow(): Stamp {
  const [cpu] = cpus();
  const gibibytes = Math.round(totalmem() / 2 ** 30);
  const isChanged = output('git', ['status', '--porcelain']) !== '';
  return {
    date: new Date().toISOString().slice(0, 10),
    commit: `${output('git', ['rev-parse', '--short', 'HEAD'])}${isChanged ? '+' : ''}`,
    machine: `${type()} ${release()}, ${cpus().length} × ${cpu?.model.trim() ?? 'unknown processor'}, ${gibibytes} GiB`,
    software: [
      `Node ${process.versions.node}`,
      `supervisord ${output(toolPath('supervisord'), ['--version'])}`,
      `HAProxy ${/version (\S+?)[-+ ]/.exec(output(toolPath('haproxy'), ['-v']))?.[1] ?? 'unknown'}`,
    ].join(', '),
  };
}

function output(command: string, args: readonly string[]): string {
  return spawnSync(command, args, { cwd: root, encoding: 'utf8' }).stdout.trim();
}

process.exitCode = main();
