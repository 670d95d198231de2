import { describe, expect, test } from 'vitest';
import { refuseOther } from '../../../src/install/find-unit.ts';
import { unit } from '../../support/doubles/facts.ts';

// Of the test's own process, which is in the control group of neither.
const pid = process.pid;

describe('the unit of an install', () => {
  test('that runs another supervisord than the one that answers is refused, with the way out', () => {
    expect(() => refuseOther(unit({ MainPID: '1' }, 'drainctl-test.service'), pid)).toThrow(
      expect.objectContaining({ code: 'INSTALL_REFUSED', hint: expect.stringContaining('--no-systemd') }),
    );
  });

  test('that runs the one that answers is taken', () => {
    expect(() => refuseOther(unit({ MainPID: String(pid) }), pid)).not.toThrow();
  });

  test('that does not run is taken: supervisord may have been started by hand', () => {
    expect(() => refuseOther(unit({ ActiveState: 'inactive', MainPID: '0' }), pid)).not.toThrow();
  });
});
