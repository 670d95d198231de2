const shownAtMost = 5;

/** Names as a sentence holds them: `web:web_00, web:web_01`; of many the first few and how many more. */
export function sayNames(names: readonly string[]): string {
  const different = [...new Set(names)];
  if (different.length <= shownAtMost) return different.join(', ');
  return `${different.slice(0, shownAtMost - 1).join(', ')} and ${different.length - shownAtMost + 1} more`;
}
