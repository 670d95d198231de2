import { describe, expect, test } from 'vitest';
import { listenerPlace } from '../../../src/install/include-place.ts';
import type { SupervisordConfig } from '../../../src/supervisor/config-file.ts';

function including(...paths: string[]): SupervisordConfig {
  const patterns = paths.map((path) => ({ text: path, path }));
  return { file: '/etc/s.conf', files: [], sections: [], include: { line: 7, folder: '/etc', patterns } };
}

describe('the place of the listener', () => {
  test.each([
    ["Debian's", ['/etc/supervisor/conf.d/*.conf'], '/etc/supervisor/conf.d/drain.conf'],
    ["Fedora's", ['/etc/supervisord.d/*.ini'], '/etc/supervisord.d/drain.ini'],
    ['everything in a folder', ['/etc/x/*'], '/etc/x/drain.conf'],
    ['another ending', ['/etc/x/*.supervisor'], '/etc/x/drain.supervisor'],
    ['a beginning', ['/etc/x/app-*.conf'], '/etc/x/app-drain.conf'],
    ['single files before it', ['/etc/x/web.conf', '/etc/y/*.conf'], '/etc/y/drain.conf'],
    ['a single file meant for it', ['/etc/x/drain.conf'], '/etc/x/drain.conf'],
    ['folders that vary before it', ['/srv/*/s.conf', '/etc/y/*.conf'], '/etc/y/drain.conf'],
    ['a pattern that takes no such name before it', ['/etc/x/[0-9]*.conf', '/etc/y/*.conf'], '/etc/y/drain.conf'],
  ])('for %s', (_, paths, place) => {
    expect(listenerPlace(including(...paths))).toBe(place);
  });

  test('is not there where nothing is included: the lines to add are told', () => {
    expect(() => listenerPlace({ file: '/etc/s.conf', files: [], sections: [], include: undefined })).toThrowError(
      expect.objectContaining({
        code: 'INSTALL_REFUSED',
        hint: expect.stringContaining('[include]\nfiles = /etc/conf.d/*.conf'),
      }),
    );
  });

  test('is not there where only files are included: what to add to the line is told', () => {
    expect(() => listenerPlace(including('/etc/web.conf'))).toThrowError(
      expect.objectContaining({
        message: expect.stringContaining('/etc/s.conf:7'),
        hint: expect.stringContaining('" /etc/conf.d/*.conf"'),
      }),
    );
  });
});
