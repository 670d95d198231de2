/** What `drainctl status --json` and `drain.getStatus` give; the rules for documents are those of `api.ts`. */

/** Where a process stands in one address of one pool. */
export type MemberStatus = {
  readonly pool: string;
  readonly address: string;
  readonly member: string;
  /** `in`, `down`, `out`, `missing` or `unknown`. */
  readonly placement: string;
  /** The pool's own word for it, or why it is unknown. */
  readonly text: string;
  /** True where the journal says that drainctl took it out. */
  readonly ours: boolean;
};

/**
 * How a pool is not as drainctl left it. `taken_out`: a member is out, and drainctl did not take it out; `put_back`: it is
 * not out any more, although drainctl took it out; `changed`: it is out in another way than drainctl's; `removed`: the
 * pool does not know it any more.
 */
export const driftKinds = ['taken_out', 'put_back', 'changed', 'removed'] as const;
export type DriftKind = (typeof driftKinds)[number];

/** A member that somebody else changed. */
export type DriftStatus = {
  /** `taken_out`, `put_back`, `changed` or `removed`. */
  readonly kind: DriftKind;
  readonly pool: string;
  readonly address: string;
  readonly member: string;
  /** In words, with what other addresses of the pool say otherwise. */
  readonly text: string;
};

/** One process, as status shows it. */
export type ProcessStatus = {
  readonly name: string;
  /** supervisord's word; `GONE` where supervisord no longer has it, and the journal does. */
  readonly state: string;
  readonly pid: number;
  readonly description: string;
  /** Over all its members: `in`, `out`, `down`, `partly`, `missing`, `unknown`; `none` without members. */
  readonly pool: string;
  readonly in_flight: number;
  /** True where nothing in the configuration can count its work. */
  readonly uncounted: boolean;
  /** Since when it is as it is: taken out, or started. */
  readonly since: string;
  /** Why it is as it is: held by whom and for what, or which run works on it. */
  readonly why: string;
  readonly held: boolean;
  readonly run: string;
  readonly members: readonly MemberStatus[];
  /** Where its pools are not as drainctl left them. */
  readonly drift: readonly DriftStatus[];
};

export type StatusDocument = {
  readonly supervisor: { readonly url: string; readonly state: string };
  readonly sidecar: boolean;
  readonly run: string;
  /** What is wrong with what this status was made from, such as a journal that can't be read. */
  readonly warnings: readonly string[];
  readonly processes: readonly ProcessStatus[];
};
