import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { isDrainctlError } from '../../../src/errors.ts';
import { signal as driver } from '../../../src/steps/signal.ts';
import type { Step } from '../../../src/steps/step.ts';
import { createSupervisor } from '../../../src/supervisor/client.ts';
import { scriptedSocket, silence } from '../../support/contracts/scripted-socket.ts';
import { anyOccasion, describeStep } from '../../support/contracts/step.ts';
import { startSupervisord } from '../../support/supervisord.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { waitFor } from '../../support/wait-for.ts';

const hangMs = 400;
const { signal } = new AbortController();

/** A step that signals through the supervisord at this address. */
function open(url: string, options: Readonly<Record<string, unknown>> = {}): Step {
  const supervisor = createSupervisor({ url });
  return driver.open(driver.options.parse({ signal: 'USR1', ...options }), {
    signalProcess: (process, name, limited) => supervisor.signalProcess(process, name, limited),
  });
}

/** Programs that write a file on USR1. */
async function startSupervised(): Promise<{ readonly url: string; readonly told: string }> {
  const directory = temporaryDirectory();
  const [script, told, ready] = [directory.file('catch.sh'), directory.file('told'), directory.file('ready')];
  directory.write('catch.sh', `trap 'touch ${told}' USR1\ntouch ${ready}\nwhile :; do sleep 60 & wait $!; done\n`);
  const web = {
    ...{ name: 'web', numprocs: 1, process_name: 'web_%(process_num)02d', startsecs: 0, stopasgroup: true },
    command: `/bin/sh ${script}`,
  };
  const { url } = await startSupervisord({
    directory,
    programs: [web, { name: 'idle', command: '/bin/sleep 600', autostart: false }],
  });
  await waitFor(() => existsSync(ready), { what: 'the program to have its handler' });
  return { url, told };
}

describeStep('signal', async () => {
  const { url } = await startSupervised();
  const { path: silent } = await scriptedSocket(temporaryDirectory().file('supervisor.sock'), silence);
  return {
    good: () => open(url),
    broken: { 'no supervisord': () => open('unix:///nowhere/supervisor.sock') },
    hanging: () => open(`unix://${silent}`, { timeout: `${hangMs}ms` }),
    hangMs,
  };
});

describe('the signal step', () => {
  test('reaches the process', async () => {
    const { url, told } = await startSupervised();

    await open(url, { signal: 'sigusr1' }).perform(anyOccasion, signal);

    await waitFor(() => existsSync(told), { what: 'the program to have its signal' });
  });

  test('to a process that does not run is no error', async () => {
    const { url } = await startSupervised();

    await open(url).perform({ ...anyOccasion, process: 'idle:idle' }, signal);
  });

  test('to a process that there is not is one', async () => {
    const { url } = await startSupervised();

    const outcome = await open(url)
      .perform({ ...anyOccasion, process: 'web:nobody' }, signal)
      .catch((error: unknown) => error);

    expect(isDrainctlError(outcome, 'STEP_FAILED') && outcome.message).toContain('web:nobody');
  });
});
