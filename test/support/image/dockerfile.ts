import { readFileSync } from 'node:fs';

/** One instruction of a Dockerfile: `COPY`, and what stands after it on one line. */
export interface Instruction {
  readonly name: string;
  readonly text: string;
}

/** What a COPY instruction takes from the build's folder, and where to. */
export interface Copy {
  readonly sources: readonly string[];
  readonly target: string;
}

/** Reads a Dockerfile without heredocs and without flags of COPY. */
export function readDockerfile(path: string): Instruction[] {
  const lines = readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => !/^\s*(#|$)/.test(line));
  const whole = lines.join('\n').replaceAll(/\\\n\s*/g, ' ');
  return whole.split('\n').map((line) => {
    const [, name = '', text = ''] = /^(\w+)\s+(.*)$/.exec(line) ?? [];
    return { name: name.toUpperCase(), text: text.trim() };
  });
}

/** The COPY instructions. */
export function copiesIn(instructions: readonly Instruction[]): Copy[] {
  return textsOf(instructions, 'COPY').map((text) => {
    const words = text.split(/\s+/);
    return { sources: words.slice(0, -1), target: words.at(-1) ?? '' };
  });
}

/** The words of the ENTRYPOINT, which must be in the form without a shell. */
export function entrypointOf(instructions: readonly Instruction[]): string[] {
  const [text = ''] = textsOf(instructions, 'ENTRYPOINT');
  return JSON.parse(text) as string[]; // as: the exec form is a list of words, and anything else does not parse
}

/** What stands after each instruction of that name. */
export function textsOf(instructions: readonly Instruction[], name: string): string[] {
  return instructions.filter((instruction) => instruction.name === name).map(({ text }) => text);
}
