import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { Communications } from '../../../src/drain/communications.ts';
import type { Probe } from '../../../src/probes/probe.ts';
import { reported } from '../../../src/probes/reported.ts';
import { EventParser, parseEvent } from '../../../src/supervisor/events.ts';
import { statusOf } from '../../support/acceptance.ts';
import { describeProbe } from '../../support/contracts/probe.ts';
import { request } from '../../support/http.ts';
import { iniSection } from '../../support/ini.ts';
import { type Stack, startStack } from '../../support/stack.ts';
import { type Supervisord, startSupervisord } from '../../support/supervisord.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { toolPath } from '../../support/tools.ts';
import { waitFor } from '../../support/wait-for.ts';

const [begin, end] = ['<!--XSUPERVISOR:BEGIN-->', '<!--XSUPERVISOR:END-->'];

function fixture(name: string): string {
  return `${toolPath('python3')} ${fileURLToPath(new URL(`../../fixtures/reported/${name}`, import.meta.url))}`;
}

/** A supervisord whose program `talker` prints what it is told to; `mute` says nothing, and nobody listens to `unheard`. */
class Talk {
  readonly #supervisord: Supervisord;
  readonly #events: string;

  constructor(supervisord: Supervisord, events: string) {
    this.#supervisord = supervisord;
    this.#events = events;
  }

  /** Has the talker say a text between the marks; resolves when supervisord has told of it. */
  async report(text: string): Promise<Probe> {
    await this.print('talker', `${begin}${text}${end}\n`);
    await this.waitFor('talker', text);
    return this.probe('talker');
  }

  /** Waits until what a program was last heard to say is this; undefined: nothing since its start. */
  async waitFor(program: string, text: string | undefined): Promise<void> {
    await waitFor(() => this.#heard().last(`${program}:${program}`) === text, {
      what: `${program} to be heard: ${text}`,
    });
  }

  probe(program: string): Probe {
    const name = `${program}:${program}`;
    const lastCommunication = () => this.#heard().last(name);
    return reported.open(reported.options.parse({}), { name, pid: () => undefined, lastCommunication });
  }

  async restart(program: string): Promise<void> {
    await this.#supervisord.ctl(['restart', program]);
  }

  /** What the sidecar would know at this moment. */
  #heard(): Communications {
    const heard = new Communications();
    const parser = new EventParser();
    const bytes = existsSync(this.#events) ? readFileSync(this.#events) : Buffer.alloc(0);
    for (const event of [...parser.push(bytes), ...parser.idle()]) heard.hear(parseEvent(event));
    return heard;
  }

  /** Each program is a `cat`, which prints what it is sent. */
  async print(program: string, text: string): Promise<void> {
    const escaped = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
    const params = [program, escaped]
      .map((value) => `<param><value><string>${value}</string></value></param>`)
      .join('');
    const body = `<?xml version="1.0"?><methodCall><methodName>supervisor.sendProcessStdin</methodName><params>${params}</params></methodCall>`;
    const { socketPath } = this.#supervisord;
    const answer = await request('http://localhost/RPC2', { socketPath, method: 'POST', body });
    if (answer.status !== 200 || answer.body.includes('<fault>')) throw new Error(answer.body);
  }
}

async function startTalk(): Promise<Talk> {
  const directory = temporaryDirectory();
  const events = directory.file('events');
  const command = toolPath('cat');
  const supervisord = await startSupervisord({
    directory,
    programs: [
      { name: 'talker', command, stdout_capture_maxbytes: '1KB' },
      { name: 'mute', command, stdout_capture_maxbytes: '1KB' },
      { name: 'unheard', command },
    ],
    extra: iniSection('eventlistener:events', {
      command: `${fixture('listener.py')} ${events}`,
      events: 'PROCESS_STATE,PROCESS_COMMUNICATION',
      buffer_size: 100,
    }),
  });
  await supervisord.waitForRunning();
  return new Talk(supervisord, events);
}

describeProbe('reported', async () => {
  const talk = await startTalk();
  return {
    measuring: (count) => talk.report(`in_flight=${count}`),
    broken: {
      gone: async () => {
        await talk.report('in_flight=0');
        await talk.restart('talker');
        await talk.waitFor('talker', undefined);
        return talk.probe('talker');
      },
      mute: () => talk.probe('mute'),
      'without stdout_capture_maxbytes': async () => {
        await talk.print('unheard', `${begin}in_flight=0${end}\n`);
        return talk.probe('unheard');
      },
      rubbish: () => talk.report('hello'),
      negative: () => talk.report('in_flight=-1'),
      NaN: () => talk.report('in_flight=NaN'),
      'a fraction': () => talk.report('in_flight=0.5'),
      'an exponent': () => talk.report('in_flight=1e3'),
      huge: () => talk.report('in_flight=9007199254740993'),
      failing: () => talk.report('in_flight='),
      'another key': () => talk.report('jobs=0'),
    },
  };
});

describe('the sidecar hears what a program reports', () => {
  let stack: Stack;
  let stopLog: string;
  let pid: number;

  beforeAll(async () => {
    stopLog = temporaryDirectory().file('stop');
    const worker = { name: 'worker', command: `${fixture('worker.py')} ${stopLog}`, stdout_capture_maxbytes: '1KB' };
    stack = await startStack({
      processes: 1,
      peer: false,
      programs: [worker],
      config: (config) => ({
        ...config,
        programs: { worker: { in_flight: [{ probe: 'reported' }], deadline: '300s' } },
      }),
    });
    pid = Number((await stack.supervisord.ctl(['pid', 'worker'])).stdout);
  });

  const inFlight = async () => {
    const { processes } = await statusOf(stack);
    return processes.find(({ name }) => name === 'worker:worker')?.in_flight;
  };
  const waitForCount = (count: number) =>
    waitFor(async () => (await inFlight()) === count, { what: `${count} in flight`, intervalMs: 200 });

  test('in several pieces, and counts it', async () => {
    await waitForCount(0);
    process.kill(pid, 'SIGUSR1');
    await waitForCount(1);
    process.kill(pid, 'SIGUSR1');
    await waitForCount(2);
  });

  test('and without a sidecar nobody does: it is unknown', async () => {
    await stack.supervisord.ctl(['stop', 'drain']);
    expect(await inFlight()).toBe(-1);
    await stack.supervisord.ctl(['start', 'drain']);
    await stack.waitForSidecar();
    // A sidecar that was started anew hears it at the next change.
    process.kill(pid, 'SIGUSR1');
    await waitForCount(3);
  });

  test('and a stop waits until it reports 0', async () => {
    const stop = stack.spawnDrainctl(['stop', 'worker:worker']);
    for (let left = 2; left >= 0; left--) {
      expect(stop.running, stop.stderr).toBe(true);
      process.kill(pid, 'SIGUSR2');
      if (left > 0) await waitForCount(left);
    }
    expect(await stop.exited).toMatchObject({ code: 0 });
    expect(readFileSync(stopLog, 'utf8')).toBe('0');
  });
});
