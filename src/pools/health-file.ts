/**
 * The file that a load balancer's check reads, through nginx, Apache or the program itself: a member is taken out by
 * renaming the file, or by removing or creating it. Each is one call of the kernel, so that the check finds the file or
 * does not, and never half of it.
 *
 * Only depool and repool touch the file: it stays as it is when a process stops, and when drainctl does. What cannot be
 * told from a file is when the checkers have seen it, hence `settle`.
 *
 * Reference: https://man7.org/linux/man-pages/man2/rename.2.html
 */
import * as z from 'zod';
import { durationSchema } from '../duration-schema.ts';
import { healthFiles } from './health-file/files.ts';
import { definePool } from './pool.ts';
import { poolDisk } from './pool-disk.ts';
import { switchedPool } from './switched-pool.ts';

const options = z.object({
  depool: z
    .enum(['rename', 'remove', 'create'])
    .default('rename')
    .describe(
      '`rename`: the file means in; it is renamed to `FILE` with `suffix`, and back. `remove`: the same for an empty file; it is ' +
        'removed, and made anew. `create`: the file means out; it is created, and removed to put back.',
    ),
  suffix: z
    .string()
    .regex(/^[^/\0]+$/, 'write what follows the name of the file, without a slash')
    .default('.disabled')
    .describe('What a renamed file has after its name.'),
  settle: durationSchema.describe(
    'How long the slowest checker may still take it for healthy, and what it then has sent is under way: ' +
      '`inter` × `fall` + `timeout check` of HAProxy, and 1 s more. Nobody can tell it from the file, so it has no default.',
  ),
  timeout: durationSchema.prefault('2s').describe('The longest that the disk may take, for files on a network mount.'),
});

const member = z.object({
  file: z
    .string()
    .regex(/^\/(?:.*[^/])?$/, 'write the absolute path of a file')
    .describe('The file that the check reads; one for each process that is taken out by itself.'),
});

type Member = z.output<typeof member>;

/** See the head of this file. */
export const healthFile = definePool({
  name: 'health_file',
  summary: "The file that a load balancer's health check reads: it is renamed, removed or created.",
  reference: 'https://man7.org/linux/man-pages/man2/rename.2.html',
  options,
  member,
  example: `pools:
  lb:
    driver: health_file
    settle: 8s      # HAProxy: check inter 2s fall 3, timeout check 1s
programs:
  web:
    members:
      - { pool: lb, file: "/srv/health/%(process_name)s" }
    in_flight:
      - { probe: tcp }
`,
  label: ({ file }) => file,
  open({ depool, suffix, settle: settleMs, timeout: timeoutMs }, services) {
    const files = healthFiles(depool, suffix, poolDisk(timeoutMs));
    const pool = switchedPool<Member>(
      {
        address: 'health_file',
        settleMs,
        label: ({ file }) => file,
        takeOut: ({ file }, reason, signal) => files.takeOut(file, reason, signal),
        putBack: ({ file }, signal) => files.putBack(file, signal),
        ask: ({ file }, signal) => files.look(file, signal),
        check: async (members, signal) =>
          (await Promise.all(members.map(({ file }) => files.check(file, signal)))).flat(),
      },
      services,
    );
    return [pool];
  },
});
