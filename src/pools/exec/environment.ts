import { smallEnvironment } from '../../command-environment.ts';

/** What a command is told of its task, beside its arguments. */
export interface Task {
  readonly action: 'depool' | 'repool' | 'state';
  /** `group:name`, as supervisord names it. */
  readonly process: string;
  /** What the configuration calls it. */
  readonly member: string;
  /** Why it is taken out, in a word; undefined where nothing is. */
  readonly reason?: string | undefined;
}

/** All of a command's environment; `own` is ours, `named` are more of its variables to pass on, `added` wins over both. */
export function commandEnvironment(
  task: Task,
  own: Readonly<Record<string, string | undefined>>,
  named: readonly string[],
  added: Readonly<Record<string, string>>,
): Record<string, string> {
  return {
    ...smallEnvironment(own, named, added),
    DRAINCTL_ACTION: task.action,
    DRAINCTL_PROCESS: task.process,
    DRAINCTL_MEMBER: task.member,
    ...(task.reason === undefined ? {} : { DRAINCTL_REASON: task.reason }),
  };
}
