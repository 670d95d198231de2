import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { onCleanUp } from './cleanup.ts';
import { request } from './http.ts';
import { endMarked, killMarked } from './marked-processes.ts';
import { type RunningProcess, startProcess } from './processes.ts';
import { type TemporaryDirectory, temporaryDirectory } from './temporary-directory.ts';
import { toolPath } from './tools.ts';
import { waitFor } from './wait-for.ts';

/** A real nginx in a temporary directory. */
export interface Nginx extends AsyncDisposable {
  readonly directory: TemporaryDirectory;
  readonly process: RunningProcess;
  readonly pidFile: string;
  /** The command lines that test its configuration and have it loaded. */
  readonly test: readonly string[];
  readonly reload: readonly string[];
  /** The pids of its worker processes that take new connections. */
  workers(): number[];
  /** How often its configuration was loaded again. */
  reloads(): number;
  /** Writes a file in its directory and has it loaded; resolves when new workers serve. */
  load(name: string, text: string): Promise<void>;
  errorLog(): string;
  close(): Promise<void>;
}

/**
 * Starts nginx, and resolves when it answers on `port`. `http` is what stands in `http { … }`; a relative path in it is
 * within the directory, where `files` are written before the start.
 */
export async function startNginx(options: {
  readonly port: number;
  readonly http: string;
  readonly files?: Readonly<Record<string, string>>;
}): Promise<Nginx> {
  const directory = temporaryDirectory();
  for (const [name, text] of Object.entries(options.files ?? {})) directory.write(name, text);
  const config = directory.write('nginx.conf', nginxConfig(options.http, directory.path));
  const program = toolPath('nginx');
  const words = ['-p', directory.path, '-c', config];
  const mark = directory.path;
  const running = startProcess(program, [...words, '-g', 'daemon off;'], { mark });
  const childrenFile = `/proc/${running.pid}/task/${running.pid}/children`;
  const errorLog = () => readFileSync(directory.file('error.log'), 'utf8');

  const nginx: Nginx = {
    directory,
    process: running,
    pidFile: directory.file('nginx.pid'),
    test: [program, ...words, '-t'],
    reload: [program, ...words, '-s', 'reload'],
    workers() {
      const pids = readFileSync(childrenFile, 'utf8').trim().split(' ').map(Number);
      return pids.filter((pid) => titleOf(pid) === 'nginx: worker process');
    },
    reloads: () => errorLog().split('signal 1 (SIGHUP) received').length - 1,
    async load(name, text) {
      await writeFile(directory.file(name), text);
      const before = nginx.workers();
      running.kill('SIGHUP');
      await waitFor(
        () => {
          const now = nginx.workers();
          return now.length > 0 && !now.some((pid) => before.includes(pid));
        },
        { what: 'new workers of nginx', intervalMs: 5 },
      );
    },
    errorLog,
    async close() {
      forget();
      running.kill('SIGTERM');
      await endMarked(mark);
      await running.close();
      await directory.close();
    },
    async [Symbol.asyncDispose]() {
      await nginx.close();
    },
  };
  const forget = onCleanUp(
    () => nginx.close(),
    () => killMarked(mark),
  );
  await waitFor(async () => (await request(`http://127.0.0.1:${options.port}/`)).status > 0, {
    what: `an answer of nginx; it said: ${running.stderr}`,
  });
  return nginx;
}

function titleOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ').trim();
  } catch {
    return '';
  }
}

function nginxConfig(http: string, directory: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path tmp-${name};`,
  );
  return `
pid ${directory}/nginx.pid;
error_log ${directory}/error.log notice;
worker_processes 2;
${process.getuid?.() === 0 ? '# The directory is ours alone.\nuser root;' : ''}
worker_shutdown_timeout 60s;
events { worker_connections 512; }
http {
  access_log off;
  ${temporary.join('\n  ')}
${http}
}
`;
}
