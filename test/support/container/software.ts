import { readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as esbuild from 'esbuild';
import { builtDrainctl } from '../drainctl.ts';
import { webProgram } from '../web-server.ts';
import type { Layer } from './layer.ts';
import { packagedSupervisor } from './packaged.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const loadProgram = fileURLToPath(new URL('../../fixtures/container/load.mjs', import.meta.url));

/** Where the web program lies inside. */
export const webProgramInside = '/usr/local/lib/e2e/server.mjs';
/** Where the load client lies inside. */
export const loadProgramInside = '/usr/local/lib/e2e/load.mjs';

/** The text of a file of this project, such as a unit. */
export function shippedFile(path: string): string {
  return readFileSync(`${root}/${path}`, 'utf8');
}

/**
 * drainctl as `npm install --global` leaves it, Node where supervisord and systemd look for it, supervisord as packaged,
 * and the tests' own programs.
 */
export async function installSoftware(): Promise<(layer: Layer) => void> {
  const [load, supervisor] = await Promise.all([bundledLoad(), packagedSupervisor()]);
  return (layer) => {
    supervisor(layer);
    const prefix = '/usr/lib/node_modules/drainctl';
    layer.copy(dirname(builtDrainctl()), `${prefix}/dist`);
    for (const path of ['units', 'supervisord.d', 'package.json']) layer.copy(`${root}/${path}`, `${prefix}/${path}`);
    layer.link('/usr/bin/drainctl', '../lib/node_modules/drainctl/dist/main.js');
    installNode(layer);
    layer.copy(webProgram, webProgramInside);
    layer.write(loadProgramInside, load);
  };
}

/** The Node that runs the tests. /tmp is another one inside, and so may be what is not on the root file system. */
function installNode(layer: Layer): void {
  const isVisible =
    statSync(process.execPath).dev === statSync('/').dev && !/^\/(tmp|run|dev)\//.test(process.execPath);
  if (isVisible) layer.link('/usr/local/bin/node', process.execPath);
  else layer.copy(process.execPath, '/usr/local/bin/node');
}

async function bundledLoad(): Promise<string> {
  const { outputFiles } = await esbuild.build({
    entryPoints: [loadProgram],
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    write: false,
  });
  return outputFiles[0]?.text ?? '';
}
