/** What formats share to recognise the beginning of a file; all of it takes time in proportion to the text. */

/** Lines of a text without their ends. */
export function linesOf(head: string, most?: number): string[] {
  return head.split(/\r?\n/, most);
}

/** A line without what stands behind `#`, trimmed. */
export function withoutComment(line: string): string {
  return line.split('#', 1)[0].trim();
}

/**
 * Name of the first element of an XML text, behind declarations, comments and blanks; undefined when it is no XML or
 * the beginning does not reach that far.
 */
export function firstElementOf(head: string): string | undefined {
  let at = 0;
  for (;;) {
    while (at < head.length && head.charCodeAt(at) <= 32) at++;
    if (head[at] !== '<') return undefined;
    const closing = head.startsWith('<!--', at)
      ? '-->'
      : head[at + 1] === '?' || head[at + 1] === '!'
        ? '>'
        : undefined;
    if (closing === undefined) return /^[\w:.-]+/.exec(head.slice(at + 1, at + 101))?.[0];
    const end = head.indexOf(closing, at + 2);
    if (end < 0) return undefined;
    at = end + closing.length;
  }
}
