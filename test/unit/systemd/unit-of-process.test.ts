import { describe, expect, test } from 'vitest';
import { parseProperties } from '../../../src/systemd/systemctl.ts';
import { runsProcess } from '../../../src/systemd/unit-of-process.ts';

function unit(properties: string, name = 'supervisor.service') {
  return { name, properties: parseProperties(properties) };
}

describe('a unit', () => {
  test('runs its main process', () => {
    expect(runsProcess(unit('MainPID=17'), 17, '0::/init.scope\n')).toBe(true);
  });

  test('runs what a wrapper in its control group has started', () => {
    expect(runsProcess(unit('MainPID=17'), 18, '0::/system.slice/supervisor.service\n')).toBe(true);
  });

  test('known by an alias runs what is in its control group', () => {
    const alias = unit('Id=supervisor.service\nMainPID=17', 'supervisord.service');

    expect(runsProcess(alias, 18, '0::/system.slice/supervisor.service\n')).toBe(true);
  });

  test.each(['0::/user.slice/user-0.slice/session-3.scope\n', '0::/system.slice/other.service\n'])(
    'does not run what is in %j',
    (cgroup) => {
      expect(runsProcess(unit('MainPID=17'), 18, cgroup)).toBe(false);
    },
  );

  test('is not denied a process of which nothing can be told', () => {
    expect(runsProcess(unit('MainPID=17'), 18, '')).toBe(true);
  });
});
