import { describe, expect, test } from 'vitest';
import type { AgentServers } from '../../../../src/pools/sidecar-services.ts';
import { nextAnswer, parseQuestion, wantedOf } from '../../../../src/sidecar/agent/decisions.ts';

describe('what a checker is told next', () => {
  test.each([
    ['out, whatever it was told', true, false, { answer: 'in', times: 9 }, 'out'],
    ['out, also where an earlier put-back is remembered', true, true, { answer: 'back', times: 1 }, 'out'],
    ['back, after out, however long ago', false, false, { answer: 'out', times: 1 }, 'back'],
    ['back, where it is not sure whether it took out', false, false, { answer: 'perhaps out', times: 1 }, 'back'],
    ['back once more, as one may be lost', false, false, { answer: 'back', times: 2 }, 'back'],
    ['in, once it was told back three times', false, false, { answer: 'back', times: 3 }, 'in'],
    ['in, which cancels nothing, for good', false, true, { answer: 'in', times: 1 }, 'in'],
    ['in, where it asks for the first time', false, false, undefined, 'in'],
    [
      'back, where it asks for the first time of what was put back: an earlier sidecar told it out',
      false,
      true,
      undefined,
      'back',
    ],
    ['back, where it was told nothing until then', false, true, { answer: 'nothing', times: 3 }, 'back'],
  ] as const)('%s', (_, isOut, isPutBack, told, expected) => {
    expect(nextAnswer(isOut, isPutBack, told)).toBe(expected);
  });
});

describe('where several pools want a server', () => {
  const pool = (standing: ReturnType<AgentServers['standing']>, out: string): AgentServers => ({
    standing: () => standing,
    words: { out, back: 'ready' },
  });

  test.each([
    ['out of one is out', [pool('in', 'drain'), pool('out', 'maint')], { standing: 'out', words: { out: 'maint' } }],
    ['the latest has the say', [pool('out', 'drain'), pool('out', 'maint')], { words: { out: 'drain' } }],
    ['one that does not know leaves all unknown', [pool('out', 'drain'), pool('unknown', '')], { standing: 'unknown' }],
    ['one that has it is enough', [pool(undefined, ''), pool('in', '')], { standing: 'in' }],
  ] as const)('%s', (_, pools, expected) => {
    expect(wantedOf(pools, 'app/web_00')).toMatchObject(expected);
  });

  test('nobody has it', () => {
    expect(wantedOf([pool(undefined, '')], 'app/web_00')).toBeUndefined();
  });
});

describe('a question', () => {
  test.each([
    ['app/web_00', { server: 'app/web_00', who: undefined }],
    ['app/web_00 ', { server: 'app/web_00', who: undefined }],
    ['app-1.x/web:00 lb1', { server: 'app-1.x/web:00', who: 'lb1' }],
    ['app/web_00\t \tlb.example', { server: 'app/web_00', who: 'lb.example' }],
  ])('%j is one', (line, expected) => {
    expect(parseQuestion(line)).toEqual(expected);
  });

  test.each([
    '',
    'web_00',
    'GET / HTTP/1.1',
    'app/web_00 a b',
    ' app/web_00',
    'app/web_00 \u00e9',
    `a/b ${'x'.repeat(65)}`,
  ])('%j is none', (line) => {
    expect(parseQuestion(line)).toBeUndefined();
  });
});
