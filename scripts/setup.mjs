/**
 * Makes a fresh clone ready: the npm packages that package-lock.json names, and the programs given as arguments.
 * Silent and quick when there is nothing to do. It runs before node_modules exist, so it uses none of them.
 *
 *   node scripts/setup.mjs [supervisord] [haproxy] …
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, readdirSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The Debian package that each program comes in. */
const packages = {
  supervisord: 'supervisor',
  haproxy: 'haproxy',
  ansible: 'ansible',
  promtool: 'prometheus',
  'systemd-nspawn': 'systemd-container',
  faketime: 'faketime',
  nginx: 'nginx',
  apache2: 'apache2',
  'php-fpm': 'php-fpm',
  uwsgi_python3: 'uwsgi-plugin-python3',
  nft: 'nftables',
  iptables: 'iptables',
  'redis-server': 'redis-server',
  prosody: 'prosody',
};

/** Where servers live, which the PATH of a user who is not root may leave out. */
const systemDirectories = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

function fail(message) {
  console.error(`set-up: ${message}`);
  process.exit(1);
}

function checkNode() {
  const [major] = process.versions.node.split('.');
  if (Number(major) < 20) fail(`Node ${process.versions.node} is too old; install Node 20 or later.`);
}

/** True when all that package-lock.json names is installed in that very version. Packages for other platforms may be missing. */
function npmPackagesMatch() {
  const wanted = readLock('package-lock.json');
  const installed = readLock('node_modules/.package-lock.json');
  if (wanted === undefined || installed === undefined) return false;
  return Object.entries(wanted).every(([path, { version, integrity, optional }]) => {
    if (path === '') return true;
    const found = installed[path];
    if (found === undefined) return optional === true;
    return found.version === version && found.integrity === integrity;
  });
}

function readLock(file) {
  try {
    return JSON.parse(readFileSync(join(root, file), 'utf8')).packages;
  } catch {
    return undefined;
  }
}

function installNpmPackages() {
  console.error('set-up: installing the npm packages of package-lock.json (npm ci)');
  run('npm', ['ci', '--include=dev', '--no-audit', '--no-fund'], 'npm ci failed; see above.');
}

function isInstalled(program) {
  const directories = [...(process.env.PATH ?? '').split(delimiter), ...systemDirectories];
  return directories.some((directory) =>
    namesIn(directory, program).some((name) => isExecutable(join(directory, name))),
  );
}

/** What a program may be called in a directory: Debian has php-fpm only with its version, as php-fpm8.2. */
function namesIn(directory, program) {
  if (program !== 'php-fpm') return [program];
  try {
    return readdirSync(directory).filter((name) => /^php-fpm[\d.]*$/.test(name));
  } catch {
    return [];
  }
}

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function installPrograms(missing) {
  const names = missing.map((program) => packages[program]).join(' ');
  const remedy = `Install ${missing.join(' and ')} yourself (Debian and Ubuntu: apt-get install ${names}; Fedora: dnf install ${names}), then run this again.`;
  if (!isInstalled('apt-get')) fail(`${missing.join(' and ')} missing, and there is no apt-get here. ${remedy}`);
  const asRoot = rootPrefix();
  if (asRoot === undefined) fail(`${missing.join(' and ')} missing, and only root may install them. ${remedy}`);
  console.error(`set-up: installing with apt: ${names}`);
  const [command, ...args] = [...asRoot, 'sh', join(root, 'scripts/apt-install.sh'), ...names.split(' ')];
  run(command, args, `apt could not install ${names}; see above. ${remedy}`);
  const still = missing.filter((program) => !isInstalled(program));
  if (still.length > 0) fail(`apt installed ${names}, and yet there is no ${still.join(', no ')}. ${remedy}`);
}

/** What to put before a command to run it as root without a question; undefined when that is not possible. */
function rootPrefix() {
  if (process.getuid?.() === 0) return [];
  const allowed = isInstalled('sudo') && spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status === 0;
  return allowed ? ['sudo', '-n'] : undefined;
}

/** Runs a command that shows its output on standard error: standard output is for whoever called us. */
function run(command, args, failure) {
  const { status } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2] });
  if (status !== 0) fail(failure);
}

const programs = process.argv.slice(2);
const unknown = programs.filter((program) => !Object.hasOwn(packages, program));
if (unknown.length > 0) fail(`unknown program ${unknown.join(', ')}; known: ${Object.keys(packages).join(', ')}`);
checkNode();
const missing = programs.filter((program) => !isInstalled(program));
if (missing.length > 0) installPrograms(missing);
if (!npmPackagesMatch()) installNpmPackages();
