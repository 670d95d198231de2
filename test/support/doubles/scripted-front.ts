import type { Config } from '../../../src/config/config.ts';
import type { Engine } from '../../../src/drain/engine.ts';
import { createHttpServer } from '../../../src/rpc/http-server.ts';
import { Front } from '../../../src/sidecar/front/front.ts';
import { onCleanUp } from '../cleanup.ts';
import { temporaryDirectory } from '../temporary-directory.ts';
import { type RawAnswer, type RawSupervisord, startRawSupervisord } from './raw-supervisord.ts';
import { ScriptedWorld, type WorldOptions } from './scripted-world.ts';

/** A front over a scripted world: what it passes on goes to a supervisord that answers byte for byte as the test says. */
export interface ScriptedFront {
  readonly world: ScriptedWorld;
  readonly engine: Engine;
  readonly front: Front;
  readonly supervisord: RawSupervisord;
  /** Where the front is served. */
  readonly socket: string;
  readonly url: string;
}

/** What to put together. */
export interface ScriptedFrontOptions extends WorldOptions {
  /** What supervisord answers to what is passed on. */
  readonly answer: RawAnswer;
  readonly sidecar?: Partial<Config['sidecar']>;
  readonly credentials?: { readonly username: string; readonly password: string };
}

/** Serves a front on a Unix socket until the test ends. */
export async function serveScriptedFront(options: ScriptedFrontOptions): Promise<ScriptedFront> {
  const world = new ScriptedWorld(options);
  const engine = world.engine();
  const supervisord = await startRawSupervisord(options.answer);
  const config = { ...world.config, sidecar: { ...world.config.sidecar, ...options.sidecar } };
  const endpoint = { url: supervisord.url, ...options.credentials };
  const front = new Front({ engine, config, endpoint, log: world.log });
  const server = createHttpServer({ handle: front.handle, log: world.log, limits: config.sidecar.limits });
  const socket = temporaryDirectory().file('front.sock');
  const url = await server.listen({ path: socket, mode: 0o700 });
  onCleanUp(async () => {
    front.close();
    await server.close(0);
  });
  return { world, engine, front, supervisord, socket, url };
}
