import Deserializer from 'xmlrpc/lib/deserializer.js';

/** Deeper values are refused: whoever walks a value may do so by recursion. */
const maxDepth = 64;

const int = /^\s*[-+]?\d{1,10}\s*$/;
/** Each character can be read in one way only: with `\d+\.?\d*` a megabyte of digits would take hours. */
const double = /^\s*[-+]?(?=\.?\d)\d*(\.\d*)?(e[-+]?\d{1,3})?\s*$/i;

/**
 * xmlrpc's deserializer, which takes `12 apples` for 12, without that leniency: a number must be one and fit, there
 * is no nil, and a struct gets no `__proto__`.
 */
export class StrictDeserializer extends Deserializer {
  protected override onOpentag(node: Deserializer.Tag): void {
    super.onOpentag(node);
    if (this.marks.length > maxDepth) throw new Error(`it is nested more than ${maxDepth} deep`);
  }

  protected override endInt(text: string): void {
    const value = Number(text);
    // `| 0` is the identity on 32-bit integers only.
    if (!int.test(text) || (value | 0) !== value) throw new Error(`"${text}" is no integer of 32 bits`);
    this.push(value | 0);
    this.value = false;
  }

  protected override endI8(text: string): void {
    this.endInt(text);
  }

  protected override endDouble(text: string): void {
    const value = Number(text);
    if (!double.test(text) || !Number.isFinite(value)) throw new Error(`"${text}" is no number`);
    this.push(value);
    this.value = false;
  }

  protected override endNil(): void {
    throw new Error('nil is not supported');
  }

  protected override endBase64(text: string): void {
    this.push(Buffer.from(text, 'base64'));
    this.value = false;
  }

  protected override endDateTime(text: string): void {
    super.endDateTime(text);
    const date = this.stack.at(-1);
    if (!(date instanceof Date) || Number.isNaN(date.getTime())) throw new Error(`"${text}" is no date and time`);
  }

  protected override endStruct(): void {
    const mark = this.marks.pop() ?? 0;
    const items = this.stack.splice(mark);
    const members: [string, unknown][] = [];
    for (let index = 0; index < items.length; index += 2) {
      const name = items[index];
      if (typeof name !== 'string' || index + 1 === items.length) throw new Error('a struct has half a member');
      if (name !== '__proto__') members.push([name, items[index + 1]]);
    }
    this.push(Object.fromEntries(members));
    this.value = false;
  }
}

/** What a response holds: a value, or the members of a fault. */
export interface ParsedResponse {
  readonly value: unknown;
  readonly isFault: boolean;
}

/** Reads a response by the whole and at once. Throws an Error that says what is wrong with it. */
export function parseResponse(body: string): ParsedResponse {
  return read((done) => {
    new StrictDeserializer().deserializeMethodResponse(sourceOf(body), (error, value) => {
      const fault = error === null ? undefined : faultMembers(error);
      if (fault === undefined) done(error, { value, isFault: false });
      else done(null, { value: fault, isFault: true });
    });
  });
}

/** The method and parameters of a call; throws as {@link parseResponse} does. */
export function parseCall(body: string): { method: string; params: unknown[] } {
  return read((done) => {
    new StrictDeserializer().deserializeMethodCall(sourceOf(body), (error, method = '', params = []) => {
      done(error, { method, params });
    });
  });
}

/** The result that `start` calls back with before it returns. */
function read<T>(start: (done: (error: Error | null, result: T) => void) => void): T {
  const outcomes: ({ error: Error } | { error: null; result: T })[] = [];
  start((error, result) => outcomes.push(error === null ? { error, result } : { error }));
  const outcome = outcomes[0] ?? { error: new Error('the document does not end') };
  if (outcome.error !== null) throw outcome.error;
  return outcome.result;
}

/** The deserializer wants a stream; one that gives everything inside `pipe` lets its throws be caught here. */
function sourceOf(body: string): Deserializer.Source {
  return {
    setEncoding() {},
    on() {},
    pipe(sink) {
      sink.write(body);
      sink.end();
    },
  };
}

/** The deserializer reports a fault as an Error with these members. */
function faultMembers(error: Error): { faultCode: unknown; faultString: unknown } | undefined {
  return 'faultCode' in error && 'faultString' in error
    ? { faultCode: error.faultCode, faultString: error.faultString }
    : undefined;
}
