import { mkdirSync, writeFileSync } from 'node:fs';
import { execa } from 'execa';
import { startProcess } from '../processes.ts';
import { temporaryDirectory } from '../temporary-directory.ts';
import { toolPath } from '../tools.ts';
import { waitFor } from '../wait-for.ts';

/** A network namespace with nothing in it but its loopback: rules of a firewall in it touch nobody else. */
export interface NetNamespace {
  /** What to put before a command so that it runs in it. */
  readonly under: readonly string[];
  /** A PATH on which `nft`, `iptables` and the like are the real ones, run in the namespace. */
  readonly path: string;
  /** Runs a command in it, and gives what it printed. */
  run(...command: readonly string[]): Promise<string>;
}

const programs = ['nft', 'iptables', 'ip6tables', 'iptables-restore', 'ip6tables-restore'];

/** Why this machine can have none; undefined: it can. */
export async function whyNoNamespace(): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return 'a network namespace takes root';
  const { failed } = await execa(toolPath('unshare'), ['--net', 'true'], { reject: false });
  return failed ? 'this machine permits no network namespace' : undefined;
}

/** Makes one. It ends with the scope. */
export async function startNetNamespace(): Promise<NetNamespace> {
  const directory = temporaryDirectory();
  const script = 'ip link set lo up && echo up && exec sleep 86400';
  const holder = startProcess(toolPath('unshare'), ['--net', 'sh', '-c', script], { mark: directory.path });
  await waitFor(() => holder.stdout.includes('up') || !holder.running, { what: 'a network namespace' });
  if (!holder.running) throw new Error(`no network namespace: ${holder.stderr}`);
  const under = [toolPath('nsenter'), `--net=/proc/${holder.pid}/ns/net`];
  const bin = directory.file('bin');
  mkdirSync(bin);
  for (const name of programs) {
    writeFileSync(`${bin}/${name}`, `#!/bin/sh\nexec ${under.join(' ')} ${toolPath(name)} "$@"\n`, { mode: 0o755 });
  }
  return {
    under,
    path: `${bin}:${process.env['PATH'] ?? ''}`,
    async run(...command) {
      const [file = '', ...args] = [...under, ...command];
      return (await execa(file, args, { stdin: 'ignore' })).stdout;
    },
  };
}
