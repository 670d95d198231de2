import * as z from 'zod';
import { formatDuration } from '../duration.ts';
import { logLevels } from '../log.ts';
import { dependsOnProcess } from '../supervisor/expansions.ts';
import { httpUrlProblem, supervisorUrlProblem } from './addresses.ts';
import { capacityKeys } from './capacity.ts';
import { defaultPolicy, defaultStateDir } from './defaults.ts';
import { patternProblem } from './match.ts';
import {
  absolutePath,
  checkCredentials,
  checkedText,
  driverName,
  duration,
  text,
  wholeNumber,
} from './schema-parts.ts';
import { sidecarSchema } from './sidecar-schema.ts';
import { stepKeys } from './steps.ts';

/** The schemas of what only a driver can check; see {@link configSchema}. */
export interface DriverSchemas<
  Pool extends z.ZodType,
  Member extends z.ZodType,
  Probe extends z.ZodType,
  Step extends z.ZodType,
> {
  readonly pool: Pool;
  readonly member: Member;
  readonly probe: Probe;
  readonly step: Step;
}

/**
 * What may stand in a pool, a member, a probe and a step as far as it is known without the drivers. Their own keys are
 * checked by driver-keys.ts, because a member's depend on the driver of the pool that it names.
 */
export const looseDriverSchemas = {
  pool: z.looseObject({ driver: driverName(), ...capacityKeys() }),
  member: z.looseObject({ pool: text() }),
  probe: z.looseObject({ probe: driverName() }),
  step: z.looseObject({ step: driverName(), ...stepKeys() }),
} as const;

/** The whole configuration, keys as in YAML. Where a key is absent the value is too: defaults are filled in by build.ts. */
export function configSchema<
  Pool extends z.ZodType,
  Member extends z.ZodType,
  Probe extends z.ZodType,
  Step extends z.ZodType,
>(drivers: DriverSchemas<Pool, Member, Probe, Step>) {
  return z.strictObject({
    supervisor: supervisor.optional().describe('How to reach supervisord.'),
    sidecar: sidecarSchema.optional().describe('The event listener, and where it is reached.'),
    state_dir: absolutePath().optional().describe(`Folder of the journal and the history. Default: ${defaultStateDir}`),
    log: log.optional().describe('What the sidecar logs, to its standard error.'),
    pools: z
      .record(z.string(), drivers.pool)
      .optional()
      .describe('Whatever sends processes their work, by a name of your choice.'),
    defaults: z.strictObject(policy()).optional().describe('For every program that does not set it itself.'),
    programs: z
      .record(pattern, z.strictObject(program(drivers.member, drivers.probe, drivers.step)))
      .optional()
      .describe('By group, `group:process`, or a glob over `group:process`. What has no entry is stopped undrained.'),
  });
}

const supervisor = z
  .strictObject({
    url: checkedText(supervisorUrlProblem)
      .optional()
      .describe('`unix:///path` or `http://host:port`. Default: $SUPERVISOR_SERVER_URL, then the usual sockets'),
    username: text().optional().describe('With `password` or `password_file`.'),
    password: text().optional().describe('In clear; `password_file` keeps it out of this file.'),
    password_file: text().optional().describe('First line is the password. Relative to the folder of this file.'),
  })
  .superRefine(checkCredentials);

const log = z.strictObject({
  level: z.enum(logLevels).optional().describe('Default: info'),
});

const pattern = checkedText(patternProblem);

/** The keys that both `defaults` and a program take. */
function policy() {
  const { deadlineMs, quietMs, pollMs, onDeadline, onCrash, maxUnavailable } = defaultPolicy;
  return {
    deadline: duration(100)
      .optional()
      .describe(`How long a process may take to drain. Default: ${formatDuration(deadlineMs)}`),
    quiet: duration(0)
      .optional()
      .describe(`How long nothing must be in flight until a process is drained. Default: ${formatDuration(quietMs)}`),
    poll: duration(10)
      .optional()
      .describe(`How often what is in flight is measured. Default: ${formatDuration(pollMs)}`),
    settle: duration(0)
      .optional()
      .describe('The wait after depooling until no new work arrives. Default: what the pool drivers need'),
    on_deadline: z
      .enum(['stop', 'hold'])
      .optional()
      .describe(`\`stop\`: stop anyway; \`hold\`: leave it running and depooled. Default: ${onDeadline}`),
    on_crash: z
      .enum(['depool', 'ignore'])
      .optional()
      .describe(
        `When it exits, crashes or can't be started: \`depool\`: out at once; \`ignore\`: left to the pool's own check. Default: ${onCrash}`,
      ),
    max_unavailable: wholeNumber(1)
      .optional()
      .describe(`How many processes of a group a restart takes at a time. Default: ${maxUnavailable}`),
  };
}

function program<Member extends z.ZodType, Probe extends z.ZodType, Step extends z.ZodType>(
  member: Member,
  probe: Probe,
  step: Step,
) {
  return {
    members: z.array(member).optional().describe('Its entries in pools.'),
    in_flight: z
      .array(probe)
      .min(1)
      .optional()
      .describe('Probes that measure what is in flight; they are summed. Default: what the pools count themselves'),
    before_stop: z
      .array(step)
      .optional()
      .describe('Steps of a stop or restart once it is out of its pools, before the wait until nothing is in flight.'),
    after_drain: z.array(step).optional().describe('Steps after that wait, right before the stop.'),
    ready: ready.optional().describe('When a started process can work. Default: when supervisord says RUNNING'),
    stage: wholeNumber(0)
      .optional()
      .describe("Lower stages stop first, equal ones side by side. Default: supervisord's own order"),
    ...policy(),
  };
}

const ready = z
  .strictObject({
    http: z
      .string()
      .superRefine((url, context) => {
        const problem = dependsOnProcess(url) ? undefined : httpUrlProblem(url);
        if (problem !== undefined) context.addIssue(problem);
      })
      .optional()
      .describe('URL that answers 2xx once the process is ready.'),
    exec: z.array(text()).min(1).optional().describe('Command that exits with 0 once the process is ready.'),
    deadline: duration(100)
      .optional()
      .describe(`From its start until it is ready. Default: ${formatDuration(defaultPolicy.readyDeadlineMs)}`),
  })
  .superRefine(({ http, exec }, context) => {
    if ((http === undefined) === (exec === undefined)) context.addIssue('needs either http or exec, and not both');
  });

/** {@link configSchema} with {@link looseDriverSchemas}. */
export const looseConfigSchema = configSchema(looseDriverSchemas);

/** What {@link looseConfigSchema} gives. */
export type CheckedInput = z.output<typeof looseConfigSchema>;
