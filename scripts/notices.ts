import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';

/** What we read of a package.json. */
export interface PackageJson {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
}

/** Reads the package.json in `folder`. */
export async function packageJson(folder: string): Promise<PackageJson> {
  // npm installs and publishes nothing without a name and a version.
  return JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as PackageJson;
}

/** The licence notices of all packages that esbuild has put into a bundle, as their licences ask for; `root` is the project. */
export async function thirdPartyNotices(root: string, metafile: Metafile): Promise<string> {
  const parts = await Promise.all(bundledPackages(metafile).map((folder) => notice(join(root, folder))));
  return ['drainctl contains the following packages.', ...parts].join(`\n\n${'-'.repeat(80)}\n\n`);
}

/** The folders of the packages of which something is left in the output, such as `node_modules/zod`. */
function bundledPackages(metafile: Metafile): string[] {
  const folders = new Set<string>();
  for (const { inputs } of Object.values(metafile.outputs)) {
    for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
      const folder = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0];
      if (folder !== undefined && bytesInOutput > 0) folders.add(folder);
    }
  }
  return [...folders].sort();
}

async function notice(folder: string): Promise<string> {
  const { name, version, license = 'no licence named' } = await packageJson(folder);
  const file = (await readdir(folder)).find((entry) => /^(licen[cs]e|copying)/i.test(entry));
  const text = file === undefined ? 'The package has no licence file.' : await readFile(join(folder, file), 'utf8');
  return `${name} ${version} (${license})\n\n${text.trim()}\n`;
}
