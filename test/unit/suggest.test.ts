import { describe, expect, it } from 'vitest';
import { closest, didYouMean, editDistance } from '../../src/suggest.ts';

describe('editDistance', () => {
  it.each([
    ['web', 'web', 0],
    ['', 'web', 3],
    ['web', '', 3],
    ['wbe', 'web', 1],
    ['deadlin', 'deadline', 1],
    ['kitten', 'sitting', 3],
  ])('of %j and %j is %i', (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance);
  });
});

describe('closest', () => {
  it('is the nearest', () => {
    expect(closest('quite', ['poll', 'quiet', 'quit'])).toBe('quiet');
  });

  it('does not mind case', () => {
    expect(closest('WEB', ['web'])).toBe('web');
  });

  it('is nothing where nothing is near', () => {
    expect(closest('database', ['web', 'worker'])).toBeUndefined();
  });
});

describe('didYouMean', () => {
  it.each([
    ['what is near', 'wbe', ['web'], '; did you mean "web"?'],
    ['all there is where nothing is near', 'x1y', ['web', 'api'], '; known: web, api'],
    ['nothing where there is nothing', 'x', [], ''],
  ])('names %s', (_, word, candidates, expected) => {
    expect(didYouMean(word, candidates)).toBe(expected);
  });
});
