import { DrainctlError } from '../errors.ts';
import { entryOfOther } from './gone.ts';
import type { ProcessRun } from './process-run.ts';
import { askMembers } from './sample.ts';
import { describeMember, entryKey, type TargetMember } from './target.ts';

/** A member that is out, and by what state, in the pool's words. */
interface Other {
  readonly member: TargetMember;
  readonly text: string;
}

/**
 * What is out although the journal has no entry for it: an operator's work, or ours of which the journal was lost. It is only
 * told; where a person forces it, each is put into its pool as if drainctl had taken it out, which leaves alone what drainctl
 * never does (with `depool: drain` a MAINT).
 *
 * @throws DrainctlError `POOL_REFUSED` for what is out all the same.
 */
export async function putBackOthers(process: ProcessRun): Promise<void> {
  const { signal } = process;
  const others = await outWithoutEntry(process);
  if (process.context.run.options.force !== true) {
    for (const other of others) {
      const force = `"drainctl pool ${process.name} --force" puts it back, but from no state that drainctl never sets, such as MAINT with "depool: drain"`;
      process.say('warning', `is out still: ${describe(other)}, not by drainctl as far as its journal says; ${force}`);
      process.addMessage(`${process.name} is out still: ${describe(other)}, not by drainctl.`);
    }
    return;
  }
  // null: it was in, as far as anybody knows.
  await Promise.all(others.map(({ member }) => member.at.repool(member.member, null, signal)));
  const left = await outWithoutEntry(process);
  const back = others.filter(({ member }) => !left.some((other) => other.member === member));
  if (back.length > 0)
    process.say('info', `forced back in: ${back.map(({ member }) => describeMember(member)).join(', ')}`);
  const [first] = left;
  if (first !== undefined) throw notOurs(process, first);
}

async function outWithoutEntry(process: ProcessRun): Promise<readonly Other[]> {
  const { journal } = process.context;
  const members = process.target.members.filter((member) => {
    const key = entryKey(process.name, member);
    // What is out for the process that has the member now is out by drainctl.
    return journal.entry(key) === undefined && entryOfOther(journal.content, key) === undefined;
  });
  const answers = await askMembers(members, process.signal);
  return answers.flatMap((answer) =>
    'state' in answer && answer.state.placement === 'out' ? [{ member: answer.member, text: answer.state.text }] : [],
  );
}

function describe({ member, text }: Other): string {
  return `${describeMember(member)} is ${text}`;
}

function notOurs(process: ProcessRun, other: Other): DrainctlError {
  return new DrainctlError(
    'POOL_REFUSED',
    `${describe(other)}, as drainctl never leaves a member; it was left as it is.`,
    {
      hint: `Whoever took ${process.name} out there can put it back: with HAProxy's "set server", or where else that was done.`,
    },
  );
}
