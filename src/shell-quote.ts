const plainWord = /^[\w./:=@+,-]+$/;

/** A word as a POSIX shell takes it. */
export function quoteForShell(word: string): string {
  return plainWord.test(word) ? word : `'${word.replaceAll("'", `'"'"'`)}'`;
}

/** A program and its arguments as one line that may be pasted into a POSIX shell, for messages that say to run it by hand. */
export function commandLine(words: readonly string[]): string {
  return words.map(quoteForShell).join(' ');
}
