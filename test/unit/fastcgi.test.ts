import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeAnswer, encodeRequest } from '../../src/fastcgi.ts';
import { fuzz } from '../faults/support/fuzz.ts';

function record(type: number, content: Buffer | string, { padding = 0, id = 1 } = {}): Buffer {
  const bytes = Buffer.from(content);
  const header = Buffer.from([1, type, 0, id, bytes.length >> 8, bytes.length & 0xff, padding, 0]);
  return Buffer.concat([header, bytes, Buffer.alloc(padding)]);
}

function end(status = 0): Buffer {
  return record(3, Buffer.from([0, 0, 0, 0, status, 0, 0, 0]));
}

const whole = Buffer.concat([
  record(7, 'a notice'),
  record(6, 'Status: 404 Not Found\r\nX: y\r\n\r\nFile not ', { padding: 5 }),
  record(6, 'found.\n'),
  record(6, ''),
  end(),
]);

describe('a FastCGI request', () => {
  test('has each variable, with lengths of one or four bytes', () => {
    const long = 'x'.repeat(200);
    const text = encodeRequest({ SCRIPT_NAME: '/status', QUERY_STRING: long }).toString('latin1');

    expect(text).toContain('\x0b\x07SCRIPT_NAME/status');
    expect(text).toContain(`\x0c\x80\x00\x00\xc8QUERY_STRING${long}`);
  });

  test('that does not fit is refused', () => {
    expect(() => encodeRequest({ QUERY_STRING: 'x'.repeat(70_000) })).toThrow('too long');
  });
});

describe('a FastCGI answer', () => {
  test('is put together from its records', () => {
    expect(decodeAnswer(whole)).toEqual({ status: 404, body: 'File not found.\n', errors: 'a notice' });
  });

  test('without a status is a 200', () => {
    expect(decodeAnswer(Buffer.concat([record(6, 'X: y\n\nok'), end()]))).toMatchObject({ status: 200, body: 'ok' });
  });

  test.each([
    ['nothing', Buffer.alloc(0), 'cut off'],
    ['HTTP', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'), 'no FastCGI'],
    ['one of another request', Buffer.concat([record(6, 'X: y\n\n0', { id: 2 }), end()]), 'another request'],
    ['one without its end', record(6, 'X: y\n\n0'), 'cut off'],
    ['a refusal', end(2), 'it is overloaded'],
    ['one without a header', Buffer.concat([record(6, '0'), end()]), 'no CGI header'],
    ['one that goes on after its end', Buffer.concat([whole, end()]), 'ends in an odd way'],
  ])('%s is none', (_, bytes, message) => {
    expect(() => decodeAnswer(bytes)).toThrow(message);
  });
});

fuzz(
  'FastCGI answers',
  'that are cut off anywhere are refused',
  fc.property(fc.nat(whole.length - 1), (length) => {
    expect(() => decodeAnswer(whole.subarray(0, length))).toThrow('cut off');
  }),
);

fuzz(
  'FastCGI answers',
  'of any bytes are read or refused with an Error',
  fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
    try {
      expect(decodeAnswer(Buffer.from(bytes))).toHaveProperty('body');
    } catch (error) {
      expect(error).toMatchObject({ message: expect.stringContaining('its answer') });
    }
  }),
);
