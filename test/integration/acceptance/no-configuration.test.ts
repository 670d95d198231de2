import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { builtDrainctl } from '../../support/drainctl.ts';
import { mayMount } from '../../support/mounts.ts';
import { startSupervisord } from '../../support/supervisord.ts';

/** Without a configuration everything is at its default place: these are put elsewhere, for the command alone. */
const elsewhere = 'for dir in /run /var/lib /etc; do mount -t tmpfs tmpfs "$dir"; done';

async function withoutConfiguration(url: string, args: string): Promise<string> {
  const script = `${elsewhere} && exec "${process.execPath}" "${builtDrainctl()}" ${args}`;
  const { stderr } = await execa('unshare', ['--mount', 'sh', '-c', script], {
    env: { SUPERVISOR_SERVER_URL: url, DRAINCTL_CONFIG: '' },
    stdin: 'ignore',
    reject: false,
    timeout: 30_000,
  });
  return stderr;
}

// The default places are the machine's own; without the right to mount there are no others to give.
describe.runIf(mayMount())('without a configuration', () => {
  test.each([
    ['drainctl shutdown', 'shutdown'],
    ['the sidecar', 'listen'],
  ])('%s says once that it stops undrained, and what to do', async (_, args) => {
    await using supervisord = await startSupervisord({ programs: [] });

    const stderr = await withoutConfiguration(supervisord.url, args);

    expect(stderr.split('no configuration: everything is stopped undrained')).toHaveLength(2);
    expect(stderr).toContain('Write /etc/drainctl.yaml');
  });
});
