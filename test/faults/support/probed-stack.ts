import { mkdirSync, rmSync } from 'node:fs';
import { type Stack, startStack } from '../../support/stack.ts';
import type { StackConfig } from '../../support/stack-config.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import {
  badTexts,
  brokenAnswers,
  inTurn,
  type ScriptedServer,
  says,
  scriptedCommand,
  startScriptedServer,
} from './faulty-probes.ts';

/** The kinds of probe; each process of a {@link ProbedStack} has another one. `several` has three, of which one fails. */
export const probeKinds = ['http', 'exec', 'file', 'prometheus', 'several'] as const;
export type ProbeKind = (typeof probeKinds)[number];

/** One way in which a probe can fail. */
export interface ProbeFault {
  readonly kind: ProbeKind;
  readonly name: string;
  /** From now on. */
  begin(): void;
  /** What the operator is told of it. */
  readonly says: RegExp;
}

/** Processes `web:web_00`, … in HAProxy, each with a probe that the test has in hand; nothing else counts their work. */
export interface ProbedStack {
  readonly stack: Stack;
  readonly faults: readonly ProbeFault[];
  /** Every probe says this number from now on. */
  say(number: number): void;
  /** The process with this kind of probe and `on_deadline: hold`. */
  readonly holding: (kind: ProbeKind) => ProbedProcess;
  /** The one with `on_deadline: stop`. */
  readonly cutting: (kind: ProbeKind) => ProbedProcess;
}

/** A process of a {@link ProbedStack}. */
export interface ProbedProcess {
  /** `web:web_00` */
  readonly name: string;
  /** `web_00`, in HAProxy. */
  readonly server: string;
  readonly port: number;
}

/** Starts one, with a process for each kind of probe, and for each of `cut` another one with `on_deadline: stop`. */
export async function startProbedStack(cut: readonly ProbeKind[]): Promise<ProbedStack> {
  const directory = temporaryDirectory();
  const server = await startScriptedServer();
  const script = scriptedCommand(directory);
  const path = directory.write('in-flight', '0');
  const zero = { probe: 'file', path: directory.write('zero', '0') };
  const http = { probe: 'http', url: `${server.url}/load`, timeout: '1s' };
  const exec = { probe: 'exec', command: script.command, timeout: '1s' };
  const file = { probe: 'file', path, max_age: '1h' };
  const prometheus = { probe: 'prometheus', url: `${server.url}/metrics`, metric: 'jobs', timeout: '1s' };
  const probes = { http: [http], exec: [exec], file: [file], prometheus: [prometheus], several: [zero, http, zero] };
  const stack = await startStack({
    processes: probeKinds.length + cut.length,
    config: (config) => ({ ...config, programs: programsOf(config, probes, cut) }),
  });
  const processAt = (index: number): ProbedProcess => {
    const name = stack.webNames[index] ?? '';
    return { name, server: name.replace('web:', ''), port: stack.webPorts[index] ?? 0 };
  };
  const writeFile = (text: string) => {
    rmSync(path, { recursive: true, force: true });
    directory.write('in-flight', text);
  };
  return {
    stack,
    faults: [
      ...httpFaults(server),
      ...execFaults(script.run),
      ...fileFaults(path, writeFile),
      ...prometheusFaults(server),
      ...severalFaults(server),
    ],
    say(number) {
      server.answerWith((response) => response.end(response.req.url === '/metrics' ? `jobs ${number}\n` : `${number}`));
      script.run(`echo ${number}`);
      writeFile(`${number}`);
    },
    holding: (kind) => processAt(probeKinds.indexOf(kind)),
    cutting: (kind) => processAt(probeKinds.length + cut.indexOf(kind)),
  };
}

function programsOf(
  { programs }: StackConfig,
  probes: Readonly<Record<ProbeKind, readonly object[]>>,
  cut: readonly ProbeKind[],
) {
  const entry = (kind: ProbeKind, onDeadline: 'hold' | 'stop') => ({
    ...programs.web,
    ...{ in_flight: probes[kind], deadline: '60s', quiet: '300ms', poll: '50ms', on_deadline: onDeadline },
  });
  const entries = [...probeKinds.map((kind) => entry(kind, 'hold')), ...cut.map((kind) => entry(kind, 'stop'))];
  return Object.fromEntries(entries.map((each, index) => [`web:web_${String(index).padStart(2, '0')}`, each]));
}

/** As its time-out says, or the deadline where that comes first. */
const late = (probe: string) =>
  new RegExp(`[Pp]robe ${probe} .*(no answer within 1s|did not answer before the deadline)`);

const noNumber = /http .* can't tell what is in flight: its answer has no whole number of 0 or more: /;

const brokenSays: Readonly<Record<keyof typeof brokenAnswers, RegExp>> = {
  hangs: late('http'),
  'answers 500 with a 0': /answered with status 500/,
  'answers 204': /no whole number of 0 or more: nothing/,
  'redirects to a 0': /answered with status 302/,
  'closes at once': /socket hang up/,
  'breaks off': /aborted/,
  'never ends its answer': late('http'),
  'sends without an end': /longer than 1048576 bytes|no answer within 1s|did not answer before/,
  'sends a zipped 0': noNumber,
};

function httpFaults(server: ScriptedServer): ProbeFault[] {
  const fault = (name: string, answer: Parameters<ScriptedServer['answerWith']>[0], says: RegExp): ProbeFault => ({
    kind: 'http',
    name,
    begin: () => server.answerWith(answer),
    says,
  });
  // Object.entries forgets which keys there are.
  const broken = Object.entries(brokenAnswers) as [keyof typeof brokenAnswers, (typeof brokenAnswers)['hangs']][];
  return [
    ...broken.map(([name, answer]) => fault(name, answer, brokenSays[name])),
    ...Object.entries({ ...badTexts, empty: '' }).map(([name, text]) => fault(`says ${name}`, says(text), noNumber)),
    fault('flaps 0-1-0-1', (response, turn) => void response.end(String(turn % 2)), /[01] in flight after/),
    fault('says 0 once and then hangs', inTurn(says('0'), brokenAnswers.hangs), late('http')),
  ];
}

function execFaults(run: (lines: string) => void): ProbeFault[] {
  const fault = (name: string, lines: string, says: RegExp): ProbeFault => ({
    kind: 'exec',
    name,
    begin: () => run(lines),
    says,
  });
  const printed = Object.entries(badTexts).filter(([, text]) => !text.includes('\0'));
  return [
    fault('hangs', 'echo 0; sleep 3600', late('exec')),
    fault('exits with 2', 'echo 0; exit 2', /it exited with 2 and printed "0"/),
    fault('is killed', 'echo 0; kill -9 $$', /it was ended by SIGKILL and printed "0"/),
    fault('leaves a child that holds its output', 'echo 0; sleep 3600 & exit 0', late('exec')),
    fault(
      'prints without an end',
      'exec yes 0',
      /printed more than 65536 bytes|no answer within 1s|did not answer before/,
    ),
    fault('is no script any more', 'echo 0 |', /it exited with 2/),
    ...printed.map(([name, text]) => fault(`prints ${name}`, `printf %s '${text}'`, /it exited with 0 and printed "/)),
  ];
}

function fileFaults(path: string, write: (text: string) => void): ProbeFault[] {
  const fault = (name: string, begin: () => void, says: RegExp): ProbeFault => ({ kind: 'file', name, begin, says });
  return [
    fault('is missing', () => rmSync(path, { recursive: true, force: true }), /file .* it does not exist/),
    fault(
      'is a folder',
      () => {
        write('0');
        rmSync(path);
        mkdirSync(path);
      },
      /it is no regular file/,
    ),
    fault('is empty', () => write(''), /no whole number of 0 or more: nothing/),
    fault('is too long', () => write('0'.repeat(65 * 1024)), /longer than 65536 bytes/),
    ...Object.entries(badTexts).map(([name, text]) =>
      fault(`holds ${name}`, () => write(text), /it has no whole number of 0 or more: "/),
    ),
  ];
}

function prometheusFaults(server: ScriptedServer): ProbeFault[] {
  const fault = (name: string, page: string, says: RegExp): ProbeFault => ({
    kind: 'prometheus',
    name,
    begin: () => server.answerWith((response) => void response.end(page)),
    says,
  });
  const bad = /jobs\{\} is .*, no whole number of 0 or more/;
  const notTheFormat = /is not in Prometheus' text format/;
  return [
    { ...fault('hangs', '', late('prometheus')), begin: () => server.answerWith(brokenAnswers.hangs) },
    fault('is empty', '', /it has no metric at all/),
    fault('is HTML', '<html>\njobs 0\n', notTheFormat),
    fault('is cut off', 'jobs 0', /its last line is cut off/),
    fault('has another gauge only', 'jobs_done 0\n', /no series of jobs matches/),
    fault('has it twice', 'jobs 0\njobs 0\n', /is there twice/),
    fault('has a counter', '# TYPE jobs counter\njobs 0\n', /only a gauge goes back to 0/),
    ...['-1', 'NaN', '+Inf', '1e308', '18446744073709551616', '0.5', '-0.5'].map((value) =>
      fault(`says ${value}`, `jobs ${value}\n`, bad),
    ),
    ...['0x0', '٠', '', '0,0', '0 jobs'].map((value) => fault(`says "${value}"`, `jobs ${value}\n`, notTheFormat)),
  ];
}

function severalFaults(server: ScriptedServer): ProbeFault[] {
  const fault = (name: string, answer: Parameters<ScriptedServer['answerWith']>[0], says: RegExp): ProbeFault => ({
    kind: 'several',
    name,
    begin: () => server.answerWith(answer),
    says,
  });
  return [
    fault('one of three hangs', brokenAnswers.hangs, late('http')),
    fault('one of three says nothing of use', says('-1'), noNumber),
    fault('one of three flaps', (response, turn) => void response.end(String(turn % 2)), /[01] in flight after/),
  ];
}
