import * as z from 'zod';
import type { Registries } from '../../../src/config/registries.ts';
import { definePool, type PoolDriver } from '../../../src/pools/pool.ts';
import { defineProbe, type ProbeDriver } from '../../../src/probes/probe.ts';
import { defineStep } from '../../../src/steps/step.ts';

const balancer = definePool({
  name: 'balancer',
  summary: 'A load balancer that is not there.',
  reference: 'none',
  options: z.object({
    addresses: z.array(z.string().min(1)).min(1).describe('Where it listens.'),
    retries: z.int().min(0).default(3).describe('How often.'),
    mode: z.enum(['drain', 'maint']).optional().describe('What a member is put into.'),
    peer: z
      .union([z.string(), z.object({ host: z.string().describe('Its name.') }).strict()])
      .optional()
      .describe('Another one.'),
  }),
  member: z.object({
    server: z
      .string()
      .regex(/^[\w.-]+\/[\w.-]+$/, { error: 'must be backend/server' })
      .describe('The member.'),
    port: z.int().min(1).optional().describe('A number that a template may give.'),
  }),
  example: 'pools: { lb: { driver: balancer, addresses: [a] } }',
  label: (member) => member.server,
  open: () => [],
});

const fetching = defineProbe({
  name: 'fetch',
  summary: 'Asks a URL.',
  reference: 'none',
  options: z.object({
    url: z.url({ protocol: /^https?$/, error: 'must be an http:// or https:// URL' }).describe('What to ask.'),
    headers: z.record(z.string(), z.string()).optional().describe('What to send with it.'),
  }),
  example: 'programs: { web: { in_flight: [{ probe: fetch, url: "http://localhost/" }] } }',
  open: () => ({ target: 'fetch', measure: async () => 0 }),
});

const command = defineProbe({
  name: 'command',
  summary: 'Runs a program.',
  reference: 'none',
  options: z.object({ command: z.array(z.string()).min(1).describe('The program and its arguments.') }),
  example: 'programs: { web: { in_flight: [{ probe: command, command: [x] }] } }',
  open: () => ({ target: 'command', measure: async () => 0 }),
});

const knocking = defineStep({
  name: 'knock',
  summary: 'Knocks.',
  reference: 'none',
  options: z.object({ times: z.int().min(1).describe('How often.') }),
  example: 'programs: { web: { before_stop: [{ step: knock, times: 3 }] } }',
  open: () => ({ target: 'knock', longestMs: 0, perform: async () => {} }),
});

const pools: readonly PoolDriver[] = [balancer];
const probes: readonly ProbeDriver[] = [fetching, command];

/** Drivers with every kind of option that a real one has. */
export const stubRegistries: Registries = {
  pools: new Map(pools.map((driver) => [driver.name, driver])),
  probes: new Map(probes.map((driver) => [driver.name, driver])),
  steps: new Map([[knocking.name, knocking]]),
};
