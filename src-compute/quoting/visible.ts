/**
 * Text of others, shown to people: on a terminal, in a dialog that asks for permission, in a log. Control characters
 * could move the cursor, hide or forge lines (ECMA-48 escape sequences), and marks of direction could turn a command
 * round so that it reads as another (Unicode Technical Report 36, "bidirectional text spoofing"). Each becomes its
 * code: \u{202E}.
 */

/** C0 and C1 controls, separators of lines, marks and overrides of direction, zero-width and deprecated format characters. */
const HIDDEN =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\uffff]|[\u{e0000}-\u{e0fff}]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/gu;

const code = (character: string) =>
  `\\u{${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}}`;

/** One line of text in which every character can be seen. */
export function visibleLine(text: string): string {
  return text.replace(HIDDEN, code);
}

/** Text of several lines: line breaks and tabs stay, everything else that cannot be seen becomes its code. */
export function visibleText(text: string): string {
  return text
    .replace(/\r\n/g, '\n')
    .split('\n')
    .map((line) => line.split('\t').map(visibleLine).join('\t'))
    .join('\n');
}
