import * as z from 'zod';
import { headersSchema, httpMethodSchema, httpStatusesSchema, httpUrlSchema } from '../../http-options.ts';
import { isJsonPointer } from '../../json-pointer.ts';

const common = {
  url: httpUrlSchema('http://127.0.0.1:9901/healthcheck/fail').describe('Where to: an `http://` or `https://` URL.'),
  headers: headersSchema.default({}).describe("Added to the pool's headers."),
  body: z.string().optional().describe('Sent as it is; say what it is in a header `Content-Type`.'),
};

/** A request that changes something. */
export const changeSchema = z.strictObject({
  method: httpMethodSchema.default('POST').describe('The request method.'),
  ...common,
  expect: httpStatusesSchema.optional().describe('The statuses that mean that it is done. Default: any 2xx'),
});

const answerSchema = z
  .strictObject({
    status: httpStatusesSchema.optional().describe('One of these statuses.'),
    json: z
      .string()
      .refine(isJsonPointer, 'write a JSON pointer, such as /state')
      .optional()
      .describe('With `equals`: what the JSON holds at this pointer.'),
    equals: z.union([z.string(), z.number(), z.boolean()]).optional().describe('What it must be.'),
  })
  .refine(({ status, json }) => status !== undefined || json !== undefined, 'name a `status`, or `json` and `equals`')
  .refine(({ json, equals }) => (json === undefined) === (equals === undefined), '`json` and `equals` go together');

/** What an answer must be like; all that is given must hold. */
export type AnswerPattern = z.output<typeof answerSchema>;

/** A request that tells where a member stands. */
export const stateSchema = z.strictObject({
  method: httpMethodSchema.default('GET').describe('The request method.'),
  ...common,
  out: answerSchema.describe('The answer of a pool that has the member out.'),
  in: answerSchema.optional().describe('The answer of one that gives it work. Default: any other 2xx'),
  down: answerSchema.optional().describe('The answer where the pool itself finds it down.'),
  missing: answerSchema
    .prefault({ status: [404] })
    .describe('The answer where the pool does not know it. Default: status 404'),
});

/** How a member is taken out or put back. */
export type ChangeRequest = z.output<typeof changeSchema>;
/** How a member is asked about. */
export type StateRequest = z.output<typeof stateSchema>;
