import { beforeAll, describe, expect, test } from 'vitest';
import { writeConfig } from '../../support/drainctl.ts';
import { type Stack, startStack } from '../../support/stack.ts';

// 1 is in failed-start.test.ts and unreachable-pool.test.ts, 3 in deadline.test.ts, 4 there and in cancel.test.ts.

let stack: Stack;

beforeAll(async () => {
  stack = await startStack({ processes: 1, peer: false });
});

describe('drainctl exits with 0', () => {
  test.each([
    [['status']],
    [['plan']],
    [['history']],
    [['cancel']],
    [['drivers', 'haproxy']],
    [['--help']],
    [['--version']],
    [['start', 'web:web_00']],
  ])('for %j', async (args) => {
    const { exitCode, stderr } = await stack.drainctl(args);

    expect(exitCode, stderr).toBe(0);
  });
});

describe('drainctl exits with 2', () => {
  test.each([
    ['an unknown command', ['rstart', 'all'], /restart/],
    ['an unknown option', ['status', '--jsno'], /--json/],
    ['no names', ['restart'], /names/],
    ['a name that nobody has', ['restart', 'wbe:web_00'], /wbe:web_00/],
    ['a deadline that is no duration', ['stop', 'all', '--deadline', '30'], /30s/],
    ['a plan of something else', ['plan', 'explode'], /explode/],
  ])('for %s', async (_, args, says) => {
    const { exitCode, stdout, stderr } = await stack.drainctl(args);

    expect(stderr).toMatch(says);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stack.stops()).toEqual([]);
  });
});

describe('drainctl exits with 5', () => {
  test.each([[['status']], [['restart', 'all']], [['shutdown']]])(
    'for %j when there is no supervisord',
    async (args) => {
      const { directory } = stack;
      const config = writeConfig(
        directory,
        {
          supervisor: { url: `unix://${directory.file('nobody.sock')}` },
          sidecar: { socket: directory.file('no-sidecar.sock') },
          state_dir: directory.file('other-state'),
        },
        'nobody.yaml',
      );

      const { exitCode, stderr } = await stack.drainctl(args, { config });

      expect(stderr).toContain('nobody.sock');
      expect(exitCode).toBe(5);
    },
  );
});
