import type { TextOutput } from '../../../src/cli/command.ts';

/** A stream that keeps what is written to it. */
export interface TextSink extends TextOutput {
  readonly text: string;
}

/** Makes a {@link TextSink}: a pipe, or a terminal of that size. */
export function textSink(terminal?: { readonly columns: number; readonly rows: number }): TextSink {
  let text = '';
  return {
    ...(terminal === undefined ? {} : { isTTY: true, ...terminal }),
    write(more) {
      text += more;
    },
    get text() {
      return text;
    },
  };
}
