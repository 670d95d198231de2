/** How much a line matters. */
export type Priority = 'info' | 'notice' | 'warning' | 'error';

/** syslog's numbers, as sd-daemon(3) has them in front of a line. */
const numbers: Readonly<Record<Priority, number>> = { error: 3, warning: 4, notice: 5, info: 6 };

/** Text for the journal: each of its lines has the priority in front, `<4>`. Empty lines stay empty. */
export function withPriority(text: string, priority: Priority): string {
  const prefix = `<${numbers[priority]}>`;
  return text
    .split('\n')
    .map((line) => (line === '' ? '' : prefix + line))
    .join('\n');
}
