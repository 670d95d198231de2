import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ProcView } from '../../../../src/probes/tcp/proc.ts';
import { any4, tableText } from '../../../support/tcp-table.ts';
import { temporaryDirectory } from '../../../support/temporary-directory.ts';

/** A folder like /proc. */
class FakeProc {
  readonly root = temporaryDirectory().path;

  add(pid: number, parent: number, { name = 'web', state = 'S', sockets = [] as readonly number[] } = {}): this {
    const folder = join(this.root, String(pid));
    mkdirSync(join(folder, 'fd'), { recursive: true });
    mkdirSync(join(folder, 'net'));
    writeFileSync(join(folder, 'stat'), `${pid} (${name}) ${state} ${parent} 1 1 0 -1 4194560`);
    writeFileSync(join(folder, 'net/tcp'), tableText([{ local: any4, state: '0A', inode: 5 }]));
    symlinkSync('/dev/null', join(folder, 'fd/0'));
    for (const [index, inode] of sockets.entries()) symlinkSync(`socket:[${inode}]`, join(folder, `fd/${index + 3}`));
    return this;
  }

  view(): ProcView {
    return new ProcView(this.root);
  }
}

test('the tree holds children and their children, and nobody else', () => {
  const proc = new FakeProc().add(1, 0).add(10, 1).add(11, 10).add(12, 11).add(13, 10).add(20, 1).add(21, 20);
  expect(proc.view().tree(10).toSorted()).toEqual([10, 11, 12, 13]);
});

test("a program's name may look like anything", () => {
  const proc = new FakeProc().add(1, 0).add(10, 1).add(11, 10, { name: 'a) S 1 (b' });
  expect(proc.view().tree(10)).toEqual([10, 11]);
});

test('a zombie is no process any more', () => {
  const proc = new FakeProc().add(1, 0).add(10, 1, { state: 'Z' });
  expect(() => proc.view().tree(10)).toThrow('there is no process 10 here');
});

test('a process that is not there is told', () => {
  expect(() => new FakeProc().add(1, 0).view().tree(10)).toThrow('there is no process 10 here');
});

test("where others' processes are hidden (hidepid=), no tree is trusted", () => {
  expect(() => new FakeProc().add(10, 1).view().tree(10)).toThrow('not all processes can be seen');
});

test('where there is no /proc, it is told', () => {
  const proc = new FakeProc();
  rmSync(proc.root, { recursive: true });
  expect(() => proc.view().tree(10)).toThrow('not all processes can be seen');
});

test('sockets are told from other open files', () => {
  const view = new FakeProc().add(10, 1, { sockets: [5, 4_294_967_295] }).view();
  expect(view.socketInodes(10).toSorted()).toEqual([4_294_967_295, 5].toSorted());
});

test('a process that has ended has neither sockets nor a table', () => {
  const view = new FakeProc().view();
  expect([view.socketInodes(10), view.table(10)]).toEqual([[], undefined]);
});

test('processes of one namespace share one table', () => {
  const view = new ProcView();
  expect(view.table(process.pid)).toBe(view.table(process.ppid));
});
