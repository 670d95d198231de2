import { chmodSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { commands } from '../../../src/cli/commands.ts';
import type { PlanDocument } from '../../../src/drain/api.ts';
import { parseDuration } from '../../../src/duration.ts';
import { exampleFiles, examplesFolder } from '../../support/example.ts';
import { copiesIn, entrypointOf, readDockerfile, textsOf } from '../../support/image/dockerfile.ts';
import { haproxyIn } from '../../support/image/haproxy.ts';
import { type RunningContainer, runContainer, whyNoContainer } from '../../support/image/image.ts';
import { loadFile, startLoadInside } from '../../support/image/load.ts';
import { exampleSections, shippedListenerIn } from '../../support/image/sections.ts';
import { startNetNamespace } from '../../support/pools/net-namespace.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const folder = join(examplesFolder, 'kubernetes-prestop');
const read = (name: string) => readFileSync(join(folder, name), 'utf8');
const dockerfile = readDockerfile(join(folder, 'Dockerfile'));

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string };
  readonly periodSeconds: number;
  readonly failureThreshold: number;
}

interface PodSpec {
  readonly terminationGracePeriodSeconds: number;
  readonly securityContext: { readonly runAsUser: number; readonly runAsGroup: number };
  readonly containers: readonly Container[];
  readonly volumes: readonly { readonly name: string; readonly emptyDir: object }[];
}

interface Container {
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly lifecycle: { readonly preStop: { readonly exec: { readonly command: readonly string[] } } };
  readonly startupProbe: Probe;
  readonly readinessProbe: Probe;
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
}

interface Manifest {
  readonly kind: string;
  readonly spec: { readonly template?: { readonly spec: PodSpec }; readonly ports?: readonly { targetPort: string }[] };
}

// as: what is missing or of another kind fails the tests that look at it
const manifests = parseAllDocuments(read('deployment.yaml')).map((document) => document.toJS() as Manifest);
const pod = manifests.find(({ kind }) => kind === 'Deployment')?.spec.template?.spec as PodSpec;
const [container] = pod.containers as [Container];
const config = parse(read('drainctl.yaml'));
const portOf = (name: string) => container.ports.find((port) => port.name === name)?.containerPort;
const hook = container.lifecycle.preStop.exec.command;

const sections = (file: string) => exampleSections('kubernetes-prestop', file);

describe('the files', () => {
  test('the Dockerfile copies only what there is, and all that the image needs', () => {
    const sources = copiesIn(dockerfile).flatMap((copy) => copy.sources);
    expect(sources.filter((source) => !existsSync(join(folder, source)))).toEqual([]);
    const outside = ['Dockerfile', 'README.md', 'deployment.yaml'];
    const inside = exampleFiles('kubernetes-prestop').filter((file) => !outside.includes(file));
    expect([...new Set(inside.map((file) => file.split('/')[0]))].sort()).toEqual(sources.toSorted());
    const { runAsUser, runAsGroup } = pod.securityContext;
    expect(textsOf(dockerfile, 'USER')).toEqual([`${runAsUser}:${runAsGroup}`]);
  });

  test('the image has the Node and the drainctl that this version is', () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
    expect(textsOf(dockerfile, 'RUN').join('\n')).toContain(`npm install --global drainctl@${version} `);
  });

  test('the program is the one of the example docker', () => {
    expect(read('app/server.mjs')).toBe(readFileSync(join(examplesFolder, 'docker/app/server.mjs'), 'utf8'));
  });

  test("the sidecar's section is the one of the package, but for its log and its time", async () => {
    const ours = await sections('drain.conf');
    expect(ours['eventlistener:drain']).toEqual(await shippedListenerIn({ stopwaitsecs: '75' }));
  });
});

describe('the manifest', () => {
  test('the hook is a command of drainctl with options that it has', () => {
    const [program, name = '', ...options] = hook;
    expect(program).toBe('drainctl');
    const known = commands.get(name)?.options.map(({ flags }) => flags);
    expect(options.filter((option) => known?.includes(option) !== true)).toEqual([]);
  });

  test("the readiness probe asks the sidecar for the program's health", () => {
    const { httpGet } = container.readinessProbe;
    expect(httpGet.path).toBe(`/health/${Object.keys(config.programs)[0]}:web`);
    expect(config.sidecar.http).toBe(`0.0.0.0:${portOf(httpGet.port)}`);
  });

  test('the startup probe and the Service lead to the port of the program', async () => {
    const service = manifests.find(({ kind }) => kind === 'Service');
    expect(service?.spec.ports?.map(({ targetPort }) => targetPort)).toEqual(['http']);
    expect(container.startupProbe.httpGet.port).toBe('http');
    const { 'program:web': web } = await sections('web.conf');
    expect(web?.['command']).toMatch(new RegExp(` ${portOf('http')}$`));
    expect(config.programs.web.ready.http).toBe(
      `http://127.0.0.1:${portOf('http')}${container.startupProbe.httpGet.path}`,
    );
  });

  test('the pool waits until the kubelet has noticed, and for some seconds more', () => {
    const { periodSeconds, failureThreshold } = container.readinessProbe;
    const { fall, settle } = config.pools.service;
    expect(fall - failureThreshold).toBeGreaterThanOrEqual(3);
    expect(parseDuration(settle)).toBeGreaterThanOrEqual(1_000 * periodSeconds * (fall + 1));
  });

  test('each volume that is mounted is there', () => {
    const names = pod.volumes.map(({ name }) => name);
    expect(container.volumeMounts.map(({ name }) => name)).toEqual(names);
  });
});

/** What sends the pod its connections: as kube-proxy by connection, not by request; ready is what the probe says. */
function serviceConfig(): string {
  const { httpGet, periodSeconds, failureThreshold } = container.readinessProbe;
  return `
global
  stats socket ipv4@127.0.0.1:9999 level admin
defaults
  mode tcp
  option redispatch
  timeout connect 2s
  timeout client 60s
  timeout server 60s
listen service
  bind 127.0.0.1:8000
  option httpchk GET ${httpGet.path}
  server pod 127.0.0.1:${portOf('http')} check port ${portOf(httpGet.port)} inter ${periodSeconds}s fall ${failureThreshold} rise 1
  server other 127.0.0.2:${portOf('http')}
`;
}

const why = await whyNoContainer();

describe.skipIf(why !== undefined)(`in a container${why === undefined ? '' : `, skipped: ${why}`}`, () => {
  const servers = ['other-web', 'web-1-web'];
  let service: RunningContainer;
  let web: RunningContainer;

  beforeAll(async () => {
    const network = await startNetNamespace();
    const example = 'kubernetes-prestop';
    // Whoever may write: this is what the kubelet makes of an emptyDir.
    const volumes = temporaryDirectory();
    for (const { name } of container.volumeMounts) {
      mkdirSync(volumes.file(name));
      chmodSync(volumes.file(name), 0o777);
    }
    chmodSync(volumes.path, 0o755);
    const mounts = container.volumeMounts.map(({ name, mountPath }) => [mountPath, volumes.file(name)] as const);
    [web, service] = await Promise.all([
      runContainer({
        example,
        command: entrypointOf(dockerfile),
        network,
        hostname: 'web-1',
        env: { HOST: '127.0.0.1' },
        uid: pod.securityContext.runAsUser,
        readOnly: true,
        volumes: Object.fromEntries(mounts),
      }),
      runContainer({
        command: ['haproxy', '-W', '-db', '-f', '/etc/haproxy/haproxy.cfg'],
        network,
        hostname: 'node',
        files: {
          '/etc/haproxy/haproxy.cfg': serviceConfig(),
          ...loadFile({ url: 'http://127.0.0.1:8000', connections: 20, path: '/?ms=500' }),
        },
      }),
      runContainer({
        example,
        command: ['node', '/srv/app/server.mjs', `${portOf('http')}`],
        network,
        hostname: 'other',
        env: { HOST: '127.0.0.2' },
      }),
    ]);
    await haproxyIn(service).waitForUp(['pod']);
  });

  test('drainctl check finds nothing to mend', async () => {
    expect(await web.exec('drainctl', 'check')).toMatchObject({
      stdout: expect.stringContaining('No finding'),
      exitCode: 0,
    });
  });

  test('the time that Kubernetes gives is longer than the worst case, with the hook and without', async () => {
    const { stdout } = await web.exec('drainctl', 'plan', 'shutdown', '--json');
    const { worst_case_ms: worstCaseMs } = JSON.parse(stdout) as PlanDocument; // as: its documented form
    const [listener, program] = await Promise.all(['drain.conf', 'web.conf'].map(sections));
    const gateSecs = Number(listener?.['eventlistener:drain']?.['stopwaitsecs']);
    const stopSecs = Number(program?.['program:web']?.['stopwaitsecs']);
    expect(worstCaseMs).toBeLessThan(1_000 * gateSecs);
    expect(gateSecs + stopSecs).toBeLessThan(pod.terminationGracePeriodSeconds);
  });

  test('the hook, and the SIGTERM after it, cut off nothing', async () => {
    const load = await startLoadInside(service, servers);

    const { exitCode, stderr } = await web.exec(...hook);
    const { stdout: states } = await web.exec('supervisorctl', 'status', 'web');
    web.kill('SIGTERM');

    expect({ exitCode, stderr: exitCode === 0 ? '' : stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(states).toContain('STOPPED');
    expect(await web.ended(60_000)).toBe(0);
    const { failed, failures } = await load.stop();
    expect({ failed, failures }).toEqual({ failed: 0, failures: [] });
  }, 240_000);
});
