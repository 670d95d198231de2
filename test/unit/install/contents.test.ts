import { expect, test } from 'vitest';
import { dropInContent, listenerContent } from '../../../src/install/contents.ts';
import { readShipped } from '../../../src/install/shipped.ts';

const shipped = readShipped();
const byName = { command: ['drainctl'], configFile: undefined };
const byPaths = { command: ['/opt/my node', '/opt/main.js'], configFile: '/etc/d.yaml' };

/** The lines of a text that are no comments and call drainctl. */
function calls(text: string): string[] {
  return text.split('\n').filter((line) => /^\w+=.*(?:drainctl|main\.js)/.test(line));
}

test('where PATH leads to drainctl, the files are those that are shipped', () => {
  expect(dropInContent(shipped.dropIn, byName)).toBe(shipped.dropIn);
  expect(listenerContent(shipped.listener, byName, '/var/log/supervisor/drain.log')).toBe(shipped.listener);
});

test('every command of the drop-in names paths and configuration, and keeps what stands before it', () => {
  expect(calls(dropInContent(shipped.dropIn, byPaths))).toEqual([
    'ExecStop="/opt/my node" /opt/main.js shutdown --config /etc/d.yaml',
    'ExecStopPost="-/opt/my node" /opt/main.js shutdown --config /etc/d.yaml',
  ]);
});

test('the command of the section names paths and configuration', () => {
  expect(calls(listenerContent(shipped.listener, byPaths, '/x'))).toEqual([
    "command='/opt/my node' /opt/main.js listen --config /etc/d.yaml",
  ]);
});

test('a shipped file without its command is a bug, and not passed on', () => {
  expect(() => dropInContent('[Service]\nExecStop=\n', byName)).toThrowError(
    expect.objectContaining({ code: 'INTERNAL' }),
  );
});
