import { chmod, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as esbuild from 'esbuild';
import { packageJson, thirdPartyNotices } from './notices.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Dependencies that are CommonJS call require() for Node's own modules; an ES module has none. */
const requireShim =
  "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);";

/**
 * Bundles src/main.ts into `directory`, so that drainctl starts quickly and runs without node_modules: main.js, and
 * a chunk for each part that a command loads lazily. The new folder takes the old one's place only once it is complete.
 *
 * @param entry another entry file, for tests of the bundle itself
 * @returns the size of the code, in bytes
 */
export async function bundle(directory: string, entry = join(root, 'src/main.ts')): Promise<number> {
  const staging = `${directory}.${process.pid}.new`;
  await rm(staging, { recursive: true, force: true });
  try {
    const { metafile } = await esbuild.build({
      absWorkingDir: root,
      entryPoints: { main: entry },
      outdir: staging,
      chunkNames: 'chunks/[name]-[hash]',
      bundle: true,
      // For Node yaml comes as CommonJS, of which nothing can be left out; this is the same code as ES modules, loaded 5 ms sooner.
      alias: { yaml: join(root, 'node_modules/yaml/browser/dist/index.js') },
      splitting: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      minify: true,
      // Errors and logs name classes and functions.
      keepNames: true,
      legalComments: 'none',
      metafile: true,
      logLevel: 'warning',
      define: { __DRAINCTL_VERSION__: JSON.stringify((await packageJson(root)).version) },
      banner: { js: requireShim },
    });
    await checkHashbang(join(staging, 'main.js'));
    await chmod(join(staging, 'main.js'), 0o755);
    // Makes Node take main.js for an ES module wherever the folder is copied to.
    await writeFile(join(staging, 'package.json'), '{"type":"module"}\n');
    await writeFile(join(staging, 'THIRD-PARTY-NOTICES.txt'), await thirdPartyNotices(root, metafile));
    await rm(directory, { recursive: true, force: true });
    await rename(staging, directory);
    return Object.values(metafile.outputs).reduce((sum, output) => sum + output.bytes, 0);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

async function checkHashbang(file: string): Promise<void> {
  const [first] = (await readFile(file, 'utf8')).split('\n', 1);
  if (first !== '#!/usr/bin/env node') throw new Error(`${file} must begin with "#!/usr/bin/env node", not "${first}"`);
}
