import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { onCleanUp } from '../cleanup.ts';
import { temporaryDirectory } from '../temporary-directory.ts';

const script = fileURLToPath(new URL('../../fixtures/stand-in.py', import.meta.url));

/** How the program was called. */
export interface StandInCall {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** What it does. */
export interface StandInAnswer {
  readonly exitCode?: number;
  readonly stdout?: string;
  readonly stderr?: string;
}

/** A program on PATH that the test answers for. */
export interface StandIn {
  /** A PATH on which it comes first. */
  readonly path: string;
  /** The arguments of each call so far. */
  readonly calls: readonly (readonly string[])[];
}

/**
 * Puts a program of this name on a PATH. `answer` must know every documented call that the test is about; where it
 * throws, the program fails and so does the test.
 */
export async function startStandIn(name: string, answer: (call: StandInCall) => StandInAnswer): Promise<StandIn> {
  const directory = temporaryDirectory();
  const socketPath = directory.file('stand-in.sock');
  const calls: (readonly string[])[] = [];
  const undocumented: string[] = [];

  function answerLine(text: string): StandInAnswer {
    const call = JSON.parse(text) as StandInCall; // as: the format of test/fixtures/stand-in.py
    calls.push(call.args);
    try {
      return answer(call);
    } catch (error) {
      undocumented.push(`${name} ${call.args.join(' ')}: ${String(error)}`);
      return { exitCode: 252, stderr: `${String(error)}\n` };
    }
  }

  const server = createServer({ allowHalfOpen: true }, (socket) => {
    let text = '';
    socket.setEncoding('utf8').on('data', (part: string) => {
      text += part;
    });
    socket.once('end', () => socket.end(JSON.stringify({ exitCode: 0, stdout: '', stderr: '', ...answerLine(text) })));
    // It may be killed at any time.
    socket.once('error', () => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  onCleanUp(async () => {
    await new Promise((resolve) => server.close(resolve));
    if (undocumented.length > 0) throw new Error(`calls that are not documented: ${undocumented.join('; ')}`);
  });
  const bin = directory.file('bin');
  mkdirSync(bin);
  const command = ['/usr/bin/python3', '-SE', script, socketPath].join(' ');
  writeFileSync(`${bin}/${name}`, `#!/bin/sh\nexec ${command} "$@"\n`, { mode: 0o755 });
  return { path: `${bin}:${process.env['PATH'] ?? ''}`, calls };
}
