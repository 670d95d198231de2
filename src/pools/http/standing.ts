import type { HttpAnswer } from '../../http-request.ts';
import { atPointer } from '../../json-pointer.ts';
import type { Standing } from '../switched-pool.ts';
import type { AnswerPattern, StateRequest } from './requests.ts';

/** What an answer says of the member; undefined: nothing that the configuration knows, so that it is not known. */
export function standingOf(
  answer: Pick<HttpAnswer, 'status' | 'body'>,
  patterns: Pick<StateRequest, 'out' | 'in' | 'down' | 'missing'>,
): Standing | undefined {
  for (const placement of ['out', 'down', 'in', 'missing'] as const) {
    const pattern = patterns[placement];
    if (pattern !== undefined && matches(answer, pattern)) return { placement, text: describe(answer, pattern) };
  }
  if (patterns.in !== undefined || !isSuccess(answer.status)) return undefined;
  return { placement: 'in', text: describe(answer, patterns.out) };
}

/** RFC 9110, 15.3. */
export function isSuccess(status: number): boolean {
  return status >= 200 && status <= 299;
}

function matches({ status, body }: Pick<HttpAnswer, 'status' | 'body'>, pattern: AnswerPattern): boolean {
  if (pattern.status !== undefined && !pattern.status.includes(status)) return false;
  return pattern.json === undefined || valueAt(body, pattern.json) === pattern.equals;
}

/** In the pool's own words: what it says at the place that decides, or its status. */
function describe({ status, body }: Pick<HttpAnswer, 'status' | 'body'>, { json }: AnswerPattern): string {
  const value = json === undefined ? undefined : valueAt(body, json);
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : `status ${status}`;
}

function valueAt(body: string, pointer: string): unknown {
  try {
    return atPointer(JSON.parse(body), pointer);
  } catch {
    return undefined;
  }
}
