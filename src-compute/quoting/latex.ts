/** LaTeX and BibTeX. */
import { ForcewrightError } from '../errors.ts';
import { visibleLine } from './visible.ts';

const SPECIAL: Readonly<Record<string, string>> = {
  '\\': '\\textbackslash{}',
  '{': '\\{',
  '}': '\\}',
  $: '\\$',
  '&': '\\&',
  '#': '\\#',
  '%': '\\%',
  _: '\\_',
  '^': '\\textasciicircum{}',
  '~': '\\textasciitilde{}',
};

/** Text of others inside a paragraph: every character stands for itself. */
export function latexText(text: string): string {
  return visibleLine(text).replace(/[\\{}$&#%_^~]/g, (character) => SPECIAL[character]);
}

/**
 * An entry of a bibliography. Values are LaTeX, in braces.
 * @throws ForcewrightError for a key or a field that is no word, and for a value whose braces do not match
 */
export function bibtexEntry(type: string, key: string, fields: Readonly<Record<string, string>>): string {
  const names = Object.keys(fields);
  const words = [type, key, ...names];
  const bad = words.find((word) => !/^[A-Za-z][\w:-]*$/.test(word)) ?? Object.values(fields).find(unbalanced);
  if (bad !== undefined) throw new ForcewrightError(`A bibliography cannot hold ${JSON.stringify(bad)}.`);
  const width = Math.max(...names.map((name) => name.length));
  const rows = names.map((name) => `  ${name.padEnd(width)} = {${fields[name]}}`);
  return `@${type}{${key},\n${rows.join(',\n')}\n}`;
}

/** Whether braces do not match, so that the value would end early or swallow what follows. */
function unbalanced(value: string): boolean {
  let depth = 0;
  for (const character of value.replace(/\\[{}]/g, '')) {
    if (character === '{') depth++;
    if (character === '}') depth--;
    if (depth < 0) return true;
  }
  return depth !== 0 || visibleLine(value) !== value;
}
