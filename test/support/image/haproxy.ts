import { parseServersOut, parseStates } from '../haproxy.ts';
import { waitFor } from '../wait-for.ts';
import type { RunningContainer } from './image.ts';

/** HAProxy in a container, asked at its admin socket on port 9999. */
export interface HaproxyInside {
  /** The servers of a backend that a command has taken out. */
  serversOut(backend: string): Promise<readonly string[]>;
  waitForUp(servers: readonly string[]): Promise<void>;
}

/** How to ask a container that runs HAProxy. */
export function haproxyIn(container: RunningContainer): HaproxyInside {
  async function ask(command: string): Promise<string> {
    const script = 'exec 3<>/dev/tcp/127.0.0.1/9999 && echo "$0" >&3 && cat <&3';
    return (await container.exec('bash', '-c', script, command)).stdout;
  }
  return {
    serversOut: async (backend) => parseServersOut(await ask(`show servers state ${backend}`)).sort(),
    async waitForUp(servers) {
      await waitFor(
        async () => {
          const states = parseStates(await ask('show stat'));
          if (!servers.every((server) => states.get(server) === 'UP')) throw new Error(JSON.stringify([...states]));
          return true;
        },
        { what: `${servers.join(', ')} to be UP`, timeoutMs: 30_000, intervalMs: 100 },
      );
    },
  };
}
