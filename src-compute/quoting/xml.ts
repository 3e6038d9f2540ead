/** XML 1.0, and with it SVG and HTML. */
import { visibleLine } from './visible.ts';

/**
 * One line of text without the characters that XML forbids even as references (1.0, production 2, Char), for writers
 * that escape < and & themselves.
 */
export function xmlCharacters(text: string): string {
  return visibleLine(text);
}
