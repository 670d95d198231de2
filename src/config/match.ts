import picomatch from 'picomatch';
import type { ProcessName } from '../supervisor/process.ts';
import type { Config, ProgramConfig } from './config.ts';

// Names hold no slashes, and a leading dot or "!" means nothing to supervisord.
const globOptions = { dot: true, nonegate: true, strictBrackets: true } as const;

type Matcher = (name: ProcessName) => boolean;

interface Entry {
  readonly program: ProgramConfig;
  readonly matches: Matcher;
}

const globsOf = new WeakMap<Config, readonly Entry[]>();

/**
 * The entry of `programs` that is for a process: the one that names it exactly, else the one of its group, else the
 * longest glob that matches, the first of equally long ones. Undefined: it has no entry and is stopped undrained.
 */
export function programFor(config: Config, processName: ProcessName): ProgramConfig | undefined {
  const group = groupOf(processName);
  return (
    config.programs.find((program) => program.pattern === processName) ??
    config.programs.find((program) => program.pattern === group) ??
    globs(config).find(({ matches }) => matches(processName))?.program
  );
}

/** Why `pattern` can match no process; undefined where it can. */
export function patternProblem(pattern: string): string | undefined {
  if (/[\s/]/.test(pattern)) return `supervisord has no names with spaces or slashes: "${pattern}"`;
  if (pattern.split(':').length > 2) return `has more than one colon; write group:process: "${pattern}"`;
  if (/^:|:$/.test(pattern)) return `needs a name on both sides of the colon: "${pattern}"`;
  try {
    picomatch.makeRe(pattern, globOptions);
    return undefined;
  } catch (error) {
    const [reason] = (error instanceof Error ? error.message : String(error)).split(' - ', 1);
    return `"${pattern}" is not a glob: ${reason}`;
  }
}

/** A glob without a colon is for groups, one with a colon for `group:process`. */
export function compilePattern(pattern: string): Matcher {
  const matches = picomatch(pattern, globOptions);
  return pattern.includes(':') ? (name) => matches(name) : (name) => matches(groupOf(name));
}

function globs(config: Config): readonly Entry[] {
  const known = globsOf.get(config);
  if (known !== undefined) return known;
  const compiled = config.programs
    .filter(({ pattern }) => picomatch.scan(pattern).isGlob)
    .toSorted((a, b) => b.pattern.length - a.pattern.length)
    .map((program) => ({ program, matches: compilePattern(program.pattern) }));
  globsOf.set(config, compiled);
  return compiled;
}

function groupOf(name: ProcessName): string {
  return name.split(':', 1)[0] ?? name;
}

/** The entries of `programs` that are for none of these processes: a group that is not loaded, or a name that was mistyped. */
export function unusedPrograms(config: Config, processes: readonly ProcessName[]): readonly ProgramConfig[] {
  const used = new Set(processes.map((name) => programFor(config, name)));
  return config.programs.filter((program) => !used.has(program));
}
