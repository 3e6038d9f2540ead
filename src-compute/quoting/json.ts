/** JSON (RFC 8259) in files that are read by lines. */
import { visibleLine } from './visible.ts';

/** JSON in which every character that others could take for the end of a line, or not see, is an escape. */
export function plainJson(value: unknown): string {
  return JSON.stringify(value).replace(/[\u007f-\uffff]/g, (unit) =>
    visibleLine(unit) === unit || /[\ud800-\udfff]/.test(unit)
      ? unit
      : `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
