import { rmSync } from 'node:fs';
import type { StackConfig } from '../../support/stack-config.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

/** Work in flight at processes of the test's choice, beside that of the clients, for as long as the test wants. */
export interface HeldWork {
  /** For `startStack`: what the process itself says is counted, and what is held. */
  readonly config: (config: StackConfig) => StackConfig;
  /** From now on there is work in flight at this server, such as `web_00`. */
  hold(server: string): void;
  release(server: string): void;
}

/** Makes one that holds work at none. `more` are further keys of the program `web`. */
export function heldWork(more: object = {}): HeldWork {
  const directory = temporaryDirectory();
  return {
    config(config) {
      const { web } = config.programs;
      const in_flight = [
        { probe: 'file', path: `${directory.path}/%(process_name)s`, missing: 0 },
        { probe: 'http', url: web.ready.http.replace(/health$/, 'load') },
      ];
      return { ...config, programs: { ...config.programs, web: { ...web, in_flight, ...more } } };
    },
    hold(server) {
      directory.write(server, '1');
    },
    release(server) {
      rmSync(directory.file(server));
    },
  };
}
