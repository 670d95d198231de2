import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { PlanDocument } from '../../../src/drain/api.ts';
import { parseDuration } from '../../../src/duration.ts';
import { exampleFiles, examplesFolder } from '../../support/example.ts';
import { copiesIn, entrypointOf, readDockerfile, textsOf } from '../../support/image/dockerfile.ts';
import { type HaproxyInside, haproxyIn } from '../../support/image/haproxy.ts';
import { type RunningContainer, runContainer, whyNoContainer } from '../../support/image/image.ts';
import { loadFile, startLoadInside } from '../../support/image/load.ts';
import { exampleSections, shippedListenerIn } from '../../support/image/sections.ts';
import { type NetNamespace, startNetNamespace } from '../../support/pools/net-namespace.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { waitFor } from '../../support/wait-for.ts';

const folder = join(examplesFolder, 'docker');
const read = (name: string) => readFileSync(join(folder, name), 'utf8');
const dockerfile = readDockerfile(join(folder, 'Dockerfile'));
const servers = ['app1-web_00', 'app1-web_01', 'app2-web_00', 'app2-web_01'];

interface Service {
  readonly hostname?: string;
  readonly stop_grace_period?: string;
  readonly volumes: readonly string[];
  readonly ports?: readonly string[];
}

const { services } = parse(read('compose.yaml'), { merge: true }) as { services: Record<string, Service> }; // as: asserted below
const graceMs = parseDuration(services['app1']?.stop_grace_period ?? '') ?? 0;

const sections = (file: string) => exampleSections('docker', file);

describe('the files', () => {
  test('the Dockerfile copies only what there is, and all that the image needs', () => {
    const sources = copiesIn(dockerfile).flatMap((copy) => copy.sources);
    expect(sources.filter((source) => !existsSync(join(folder, source)))).toEqual([]);
    const outside = ['Dockerfile', 'README.md', 'compose.yaml', 'haproxy.cfg'];
    const inside = exampleFiles('docker').filter((file) => !outside.includes(file));
    expect([...new Set(inside.map((file) => file.split('/')[0]))].sort()).toEqual(sources.toSorted());
  });

  test('the image has the Node and the drainctl that this version is', () => {
    const { version, engines } = JSON.parse(readFileSync('package.json', 'utf8'));
    expect(textsOf(dockerfile, 'FROM')).toEqual([`node:${engines.node.replace('>=', '')}-bookworm-slim`]);
    expect(textsOf(dockerfile, 'RUN').join('\n')).toContain(`npm install --global drainctl@${version} `);
  });

  test("the sidecar's section is the one of the package, but for its log and its time", async () => {
    const ours = await sections('drain.conf');
    expect(ours['eventlistener:drain']).toEqual(await shippedListenerIn({ stopwaitsecs: '90' }));
  });

  test('each container has its own name, its journal on a volume of its own, and time to drain', () => {
    const { haproxy, ...apps } = services;
    expect(haproxy?.ports).toEqual(['80:8080']);
    for (const [name, service] of Object.entries(apps)) {
      expect(service).toMatchObject({
        hostname: name,
        volumes: [`${name}:/var/lib/drainctl`],
        stop_grace_period: '2m',
      });
    }
  });
});

const why = await whyNoContainer();

describe.skipIf(why !== undefined)(`in containers${why === undefined ? '' : `, skipped: ${why}`}`, () => {
  let network: NetNamespace;
  let clients: RunningContainer;
  let haproxy: HaproxyInside;
  let app1: RunningContainer;
  const journals = temporaryDirectory();

  /** What `docker compose up` would start; both containers share one loopback, and so have an address each. */
  function startApp(hostname: 'app1' | 'app2'): Promise<RunningContainer> {
    return runContainer({
      example: 'docker',
      command: entrypointOf(dockerfile),
      network,
      hostname,
      hosts: ['127.0.0.1 haproxy'],
      env: { HOST: hostname === 'app1' ? '127.0.0.1' : '127.0.0.2' },
      volumes: { '/var/lib/drainctl': journals.file(hostname) },
    });
  }

  async function waitForSidecar(app: RunningContainer): Promise<void> {
    const status = async () => JSON.parse((await app.exec('drainctl', 'status', '--json')).stdout).sidecar === true;
    await waitFor(status, { what: 'the sidecar', timeoutMs: 60_000, intervalMs: 100 });
  }

  beforeAll(async () => {
    network = await startNetNamespace();
    for (const name of ['app1', 'app2']) mkdirSync(journals.file(name));
    clients = await runContainer({
      command: ['haproxy', '-W', '-db', '-f', '/usr/local/etc/haproxy/haproxy.cfg'],
      network,
      hostname: 'haproxy',
      hosts: ['127.0.0.1 app1', '127.0.0.2 app2'],
      files: {
        '/usr/local/etc/haproxy/haproxy.cfg': read('haproxy.cfg'),
        ...loadFile({ url: 'http://127.0.0.1:8080', connections: 20, path: '/?ms=500' }),
      },
    });
    haproxy = haproxyIn(clients);
    [app1] = await Promise.all([startApp('app1'), startApp('app2')]);
    await haproxy.waitForUp(servers);
    await waitForSidecar(app1);
  });

  test('drainctl check finds nothing to mend', async () => {
    expect(await app1.exec('drainctl', 'check')).toMatchObject({
      stdout: expect.stringContaining('No finding'),
      exitCode: 0,
    });
  });

  test('the times nest: a drain, the sidecar, the programs, Docker', async () => {
    const { stdout } = await app1.exec('drainctl', 'plan', 'shutdown', '--json');
    const { worst_case_ms: worstCaseMs } = JSON.parse(stdout) as PlanDocument; // as: its documented form
    const [listener, web] = await Promise.all(['drain.conf', 'web.conf'].map(sections));
    const gateMs = 1_000 * Number(listener?.['eventlistener:drain']?.['stopwaitsecs']);
    const stopMs = 1_000 * Number(web?.['program:web']?.['stopwaitsecs']);
    expect(worstCaseMs).toBeLessThan(gateMs);
    expect(gateMs + stopMs).toBeLessThan(graceMs);
  });

  test('docker stop cuts off nothing, and the container that takes its place is put back', async () => {
    const load = await startLoadInside(clients, servers);

    app1.kill('SIGTERM');

    expect(await app1.ended(graceMs)).toBe(0);
    expect(await haproxy.serversOut('app')).toEqual(['app1-web_00', 'app1-web_01']);
    app1 = await startApp('app1');
    await waitForSidecar(app1);
    expect(await app1.exec('drainctl', 'start', 'all')).toMatchObject({ exitCode: 0 });
    expect(await haproxy.serversOut('app')).toEqual([]);
    const { failed, failures, answers } = await load.stop();
    expect({ failed, failures }).toEqual({ failed: 0, failures: [] });
    expect(Object.keys(answers).sort()).toEqual(servers);
  }, 240_000);
});
