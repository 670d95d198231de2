import { describe, expect, test } from 'vitest';
import { standingOf } from '../../../../src/pools/http/standing.ts';

const missing = { status: [404] };
const byStatus = { out: { status: [503] }, in: { status: [200] }, missing };
const byJson = { out: { json: '/state', equals: 'drain' }, down: { json: '/state', equals: 'dead' }, missing };

describe('what an answer says of a member', () => {
  test.each([
    [200, 'in', 'status 200'],
    [503, 'out', 'status 503'],
    [404, 'missing', 'status 404'],
  ])('by status %i: %s', (status, placement, text) => {
    expect(standingOf({ status, body: '' }, byStatus)).toEqual({ placement, text });
  });

  test.each([204, 302, 401, 500])('by status %i: nothing', (status) => {
    expect(standingOf({ status, body: '' }, byStatus)).toBeUndefined();
  });

  test.each([
    ['{"state":"drain"}', 'out', 'drain'],
    ['{"state":"dead"}', 'down', 'dead'],
    ['{"state":"up"}', 'in', 'up'],
  ])('by JSON %s: %s', (body, placement, text) => {
    expect(standingOf({ status: 200, body }, byJson)).toEqual({ placement, text });
  });

  test('with `in`, a 2xx that fits none says nothing', () => {
    expect(
      standingOf({ status: 200, body: 'up' }, { ...byJson, in: { json: '/state', equals: 'up' } }),
    ).toBeUndefined();
  });

  test('a number and its text are two things', () => {
    const patterns = { out: { json: '/weight', equals: 0 }, missing };
    expect(standingOf({ status: 200, body: '{"weight":0}' }, patterns)?.placement).toBe('out');
    expect(standingOf({ status: 200, body: '{"weight":"0"}' }, patterns)?.placement).toBe('in');
  });

  test('all that a pattern has must hold', () => {
    const out = { status: [200], json: '/state', equals: 'drain' };
    expect(standingOf({ status: 500, body: '{"state":"drain"}' }, { out, missing })).toBeUndefined();
  });
});
