import { execa } from 'execa';
import { markVariable } from '../run-id.ts';
import type { TemporaryDirectory } from '../temporary-directory.ts';
import { toolPath } from '../tools.ts';

/** The parameters of Ansible's module `community.general.supervisorctl`. */
export interface SupervisorctlTask {
  readonly name: string;
  readonly state: 'present' | 'started' | 'stopped' | 'restarted' | 'absent' | 'signalled';
  readonly signal?: string;
  readonly server_url: string;
  readonly config: string;
  readonly username?: string;
  readonly password?: string;
}

/** What a task came to. */
export interface TaskResult {
  readonly changed: boolean;
  readonly failed: boolean;
  /** The processes that it acted on. */
  readonly affected: readonly string[];
  /** Why it failed. */
  readonly msg: string;
}

/** Runs one task of Ansible on this machine; throws where Ansible itself fails or takes over 60 s. */
export async function runTask(directory: TemporaryDirectory, task: SupervisorctlTask): Promise<TaskResult> {
  const args = ['localhost', '-c', 'local', '-i', 'localhost,', '-m', 'community.general.supervisorctl'];
  const { stdout, all } = await execa(toolPath('ansible'), [...args, '-a', JSON.stringify(task)], {
    env: {
      HOME: directory.path,
      LC_ALL: 'C.UTF-8',
      ANSIBLE_LOCAL_TEMP: directory.file('ansible'),
      ANSIBLE_REMOTE_TEMP: directory.file('ansible-remote'),
      ANSIBLE_PYTHON_INTERPRETER: '/usr/bin/python3',
      ANSIBLE_LOAD_CALLBACK_PLUGINS: 'true',
      ANSIBLE_STDOUT_CALLBACK: 'json',
      [markVariable]: directory.path,
    },
    reject: false,
    timeout: 60_000,
    stdin: 'ignore',
    all: true,
  });
  try {
    const document = JSON.parse(stdout) as AnsibleDocument; // as: the form of Ansible's callback "json"
    const {
      changed = false,
      failed = false,
      affected = [],
      msg = '',
    } = document.plays[0]?.tasks[0]?.hosts.localhost ?? {};
    return { changed, failed, affected, msg };
  } catch (error) {
    throw new Error(`ansible with ${JSON.stringify(task)} printed no result:\n${all}`, { cause: error });
  }
}

interface AnsibleDocument {
  readonly plays: readonly {
    readonly tasks: readonly { readonly hosts: { readonly localhost?: Partial<TaskResult> } }[];
  }[];
}
