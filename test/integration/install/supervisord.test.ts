import { existsSync, mkdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import type { InstallDocument } from '../../../src/install/document.ts';
import { type PackagedDrainctl, packagedDrainctl } from '../../support/packaged-drainctl.ts';
import { type Supervisord, startSupervisord } from '../../support/supervisord.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { waitFor } from '../../support/wait-for.ts';

/** A supervisord with one program, its include folder, and drainctl's package with a configuration for it. */
interface Stage extends AsyncDisposable {
  readonly supervisord: Supervisord;
  readonly drainctl: PackagedDrainctl;
  readonly listenerFile: string;
  readonly configFile: string;
  /** Runs a command of drainctl by this configuration; no systemd of this machine is touched. */
  run(args: readonly string[], options?: { readonly uid?: number }): ReturnType<PackagedDrainctl['run']>;
  /** The same with --json. */
  runJson(args: readonly string[]): Promise<InstallDocument>;
  /** The process id of the program. */
  webPid(): Promise<string>;
}

interface StageOptions {
  readonly configName?: string;
  /** More of supervisord's configuration. */
  readonly extra?: string;
  /** `programs` of drainctl's configuration. */
  readonly programs?: object;
}

async function setStage(options: StageOptions = {}): Promise<Stage> {
  const { configName = 'drainctl.yaml', extra = '[include]\nfiles = conf.d/*.conf', programs = {} } = options;
  const directory = temporaryDirectory();
  mkdirSync(directory.file('conf.d'));
  const drainctl = packagedDrainctl(directory);
  const supervisord = await startSupervisord({
    directory,
    programs: [{ name: 'web', command: 'sleep 100000' }],
    extra,
  });
  await supervisord.waitForRunning();
  const configFile = directory.write(
    configName,
    stringify({
      supervisor: { url: supervisord.url },
      sidecar: { socket: directory.file('drainctl.sock') },
      state_dir: directory.file('state'),
      programs,
    }),
  );
  const stage: Stage = {
    supervisord,
    drainctl,
    configFile,
    listenerFile: directory.file('conf.d/drain.conf'),
    run: ([command = '', ...rest], options) =>
      drainctl.run(
        [command, '--config', configFile, ...(command === 'install' ? ['--no-systemd'] : []), ...rest],
        options,
      ),
    async runJson(args) {
      const { stdout } = await stage.run([...args, '--json']);
      return JSON.parse(stdout) as InstallDocument; // as: the type is what this command prints
    },
    async webPid() {
      return (await supervisord.ctl(['pid', 'web'])).stdout;
    },
    [Symbol.asyncDispose]: () => supervisord.close(),
  };
  return stage;
}

/** supervisord takes it for running after a second, in which a busy machine may not have started it. */
async function untilSidecarAnswers(stage: Stage): Promise<void> {
  const isThere = async () => JSON.parse((await stage.run(['status', '--json'])).stdout).sidecar === true;
  await waitFor(isThere, { what: 'the sidecar to answer', timeoutMs: 60_000 });
}

describe('drainctl install', () => {
  test('adds the listener to the supervisord that runs, and touches no other group', async () => {
    await using stage = await setStage();
    const webPid = await stage.webPid();

    const { exitCode, stdout } = await stage.run(['install']);

    expect({ exitCode, stdout }).toEqual({
      exitCode: 0,
      stdout: expect.stringContaining('supervisord has loaded the listener, drain: RUNNING'),
    });
    expect(await stage.supervisord.states()).toEqual(
      new Map([
        ['drain:drain', 'RUNNING'],
        ['web:web', 'RUNNING'],
      ]),
    );
    expect(await stage.webPid()).toBe(webPid);
  });

  test('gives the listener a configuration whose name needs quotes', async () => {
    await using stage = await setStage({ configName: "it's ;100%.yaml" });

    const document = await stage.runJson(['install']);

    expect(document).toMatchObject({ listener: 'loaded', listener_state: 'RUNNING' });
    await untilSidecarAnswers(stage);
  });

  test('tells how to have supervisorctl drain too, and does not change its file', async () => {
    await using stage = await setStage();
    const before = readFileSync(stage.supervisord.configFile, 'utf8');

    await stage.run(['install']);
    await untilSidecarAnswers(stage);
    const { notes } = await stage.runJson(['install']);

    const socket = stage.configFile.replace('drainctl.yaml', 'drainctl.sock');
    expect(notes).toContainEqual(expect.stringContaining(`serverurl=unix://${socket}`));
    expect(readFileSync(stage.supervisord.configFile, 'utf8')).toBe(before);
  });

  test('has nothing to do the second time', async () => {
    await using stage = await setStage();
    await stage.run(['install']);

    const { exitCode, stdout } = await stage.run(['install']);

    expect({ exitCode, first: stdout.split('\n')[0] }).toEqual({ exitCode: 0, first: 'nothing to do' });
  });

  test('does not restart a listener whose section has changed, and tells how', async () => {
    await using stage = await setStage();
    await stage.run(['install']);
    const { stdout: pid } = await stage.supervisord.ctl(['pid', 'drain']);
    writeFileSync(stage.listenerFile, `${readFileSync(stage.listenerFile, 'utf8')}; mine\n`);

    const document = await stage.runJson(['install', '--force']);

    expect(document).toMatchObject({
      changes: [{ action: 'replace' }],
      listener: 'outdated',
      next: expect.arrayContaining([expect.stringContaining('supervisorctl update drain')]),
    });
    expect((await stage.supervisord.ctl(['pid', 'drain'])).stdout).toBe(pid);
  });

  test('with --dry-run writes nothing and loads nothing', async () => {
    await using stage = await setStage();

    const document = await stage.runJson(['install', '--dry-run']);

    expect(document).toMatchObject({ dry_run: true, changes: [{ file: stage.listenerFile, action: 'create' }] });
    expect(existsSync(stage.listenerFile)).toBe(false);
    expect([...(await stage.supervisord.states()).keys()]).toEqual(['web:web']);
  });

  test('takes its file back where supervisord refuses its configuration', async () => {
    await using stage = await setStage();
    const broken = stage.listenerFile.replace('drain.conf', 'broken.conf');
    writeFileSync(broken, '[program:broken]\nautostart=true\n');

    const { exitCode, stderr } = await stage.run(['install']);

    expect({ exitCode, stderr }).toEqual({
      exitCode: 1,
      stderr: expect.stringMatching(/supervisord refuses its configuration: .*Everything is as it was before/s),
    });
    expect(existsSync(stage.listenerFile)).toBe(false);
    expect(existsSync(stage.configFile.replace('drainctl.yaml', 'state'))).toBe(false);
    unlinkSync(broken);
    expect((await stage.supervisord.ctl(['reread'])).stdout).toContain('No config updates');
  });

  test('tells the lines to add where supervisord includes nothing', async () => {
    await using stage = await setStage({ extra: '' });

    const { exitCode, stderr } = await stage.run(['install']);

    expect(exitCode).toBe(1);
    expect(stderr).toContain(`[include]\nfiles = ${stage.listenerFile.replace('drain.conf', '*.conf')}`);
  });

  test('fails where the listener does not come up, and says where it tells why', async () => {
    // No Node starts with such an option.
    const environment = '[supervisord]\nenvironment=NODE_OPTIONS="--nope"\n';
    await using stage = await setStage({ extra: `${environment}[include]\nfiles = conf.d/*.conf` });

    const { exitCode, stdout } = await stage.run(['install']);

    expect({ exitCode, stdout }).toEqual({
      exitCode: 1,
      stdout: expect.stringMatching(/The listener does not run: it is BACKOFF\. \S+\/drain\.log tells why/),
    });
  });

  // Only root can become somebody else.
  test.runIf(process.getuid?.() === 0)('says that it needs root, and changes nothing', async () => {
    await using stage = await setStage();
    await stage.supervisord.ctl(['shutdown']);
    await stage.supervisord.waitForExit();

    const { exitCode, stderr } = await stage.run(['install'], { uid: 65_534 });

    expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: expect.stringContaining('Run this as root.') });
    expect(existsSync(stage.listenerFile)).toBe(false);
  });
});

describe('drainctl uninstall', () => {
  test('takes the listener out of supervisord, and its file away, and touches no other group', async () => {
    await using stage = await setStage();
    const webPid = await stage.webPid();
    await stage.run(['install']);

    const { exitCode, stdout } = await stage.run(['uninstall']);

    expect({ exitCode, stdout }).toEqual({
      exitCode: 0,
      stdout: expect.stringContaining('supervisord has stopped and removed the listener, drain'),
    });
    expect(existsSync(stage.listenerFile)).toBe(false);
    expect(await stage.supervisord.states()).toEqual(new Map([['web:web', 'RUNNING']]));
    expect(await stage.webPid()).toBe(webPid);
    expect((await stage.supervisord.ctl(['reread'])).stdout).toContain('No config updates');
  });

  test('has nothing to do the second time', async () => {
    await using stage = await setStage();
    await stage.run(['install']);
    await stage.run(['uninstall']);

    expect(await stage.run(['uninstall'])).toMatchObject({ exitCode: 0, stdout: 'nothing to do', stderr: '' });
  });

  test('is refused while a run is under way, even by force', async () => {
    const neverIdle = { in_flight: [{ probe: 'exec', command: ['/bin/echo', '1'] }] };
    await using stage = await setStage({ programs: { web: neverIdle } });
    await stage.run(['install']);
    const drain = stage.run(['drain', 'web']);
    await waitFor(async () => JSON.parse((await stage.run(['status', '--json'])).stdout).run !== '', {
      what: 'the run to be under way',
      timeoutMs: 20_000,
    });

    const { exitCode, stderr } = await stage.run(['uninstall', '--force']);

    await stage.run(['cancel']);
    await drain;
    expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: expect.stringContaining('A run is under way') });
    expect(existsSync(stage.listenerFile)).toBe(true);
  });

  test('leaves a listener that no install has put there', async () => {
    await using stage = await setStage();
    writeFileSync(
      stage.listenerFile,
      `[eventlistener:drain]\ncommand=${process.execPath} ${stage.drainctl.main} listen --config ${stage.configFile}\nevents=TICK_5\n`,
    );
    await stage.supervisord.ctl(['update', 'drain']);

    const document = await stage.runJson(['uninstall']);

    expect(document).toMatchObject({ changes: [], listener: 'unchanged' });
    expect([...(await stage.supervisord.states()).keys()]).toContain('drain:drain');
  });

  test('brings back the listener of the file that force had replaced', async () => {
    await using stage = await setStage();
    const command = `${process.execPath} ${stage.drainctl.main} listen --config ${stage.configFile}`;
    const theirs = `[eventlistener:drain]\ncommand=${command}\nevents=TICK_5\npriority=77\n`;
    writeFileSync(stage.listenerFile, theirs);
    await stage.supervisord.ctl(['update', 'drain']);
    await stage.run(['install', '--force']);
    await stage.supervisord.ctl(['update', 'drain']);

    const document = await stage.runJson(['uninstall']);

    expect(document).toMatchObject({ changes: [{ action: 'restore' }], listener: 'restored' });
    expect(readFileSync(stage.listenerFile, 'utf8')).toBe(theirs);
    expect([...(await stage.supervisord.states()).keys()]).toEqual(['drain:drain', 'web:web']);
    expect((await stage.supervisord.ctl(['avail'])).stdout).toMatch(/drain\s+in use\s+auto\s+77:/);
  });

  test('goes on where supervisord does not run', async () => {
    await using stage = await setStage();
    await stage.run(['install']);
    await stage.supervisord.ctl(['shutdown']);
    await stage.supervisord.waitForExit();

    const document = await stage.runJson(['uninstall']);

    expect(document).toMatchObject({ changes: [{ action: 'remove' }], listener: 'not running' });
    expect(existsSync(stage.listenerFile)).toBe(false);
  });
});
