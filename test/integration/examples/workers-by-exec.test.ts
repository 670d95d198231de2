import { mkdirSync } from 'node:fs';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { copyExample } from '../../support/example.ts';

describe('examples/workers-by-exec: jobs-running', () => {
  async function jobsRunning(files: readonly string[] | undefined) {
    const example = copyExample('workers-by-exec', () => ({}));
    const folder = example.file('run worker');
    if (files !== undefined) mkdirSync(folder);
    for (const file of files ?? []) example.directory.write(`run worker/${file}`, '');
    const { exitCode, stdout } = await execa(example.file('jobs-running'), ['mail_00'], {
      env: { WORKER_FOLDER: folder },
      reject: false,
    });
    return { exitCode, stdout };
  }

  test.each([
    [0, []],
    [1, ['mail_00.job', 'mail_01.job', 'mail_000.job']],
    [3, ['mail_00.job', 'mail_00.job-2', 'mail_00.job-3', 'thumbnails_00.job']],
  ])('prints %i', async (count, files) => {
    expect(await jobsRunning(files)).toEqual({ exitCode: 0, stdout: String(count) });
  });

  test('without the folder it prints no 0, and fails', async () => {
    expect(await jobsRunning(undefined)).toEqual({ exitCode: 2, stdout: '' });
  });
});
