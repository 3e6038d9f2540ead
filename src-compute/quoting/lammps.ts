/**
 * LAMMPS input (docs.lammps.org/Commands_parse.html). A line ends at its end unless its last printable character is &;
 * this holds for comments, too. # begins a comment outside quotes, $ is replaced outside quotes, and a word in single or
 * double quotes is taken as it is. Three double quotes begin a text that may run over lines.
 */
import { ForcewrightError } from '../errors.ts';
import { commentText } from './columns.ts';
import { visibleLine } from './visible.ts';

/** Longest comment; what is longer is cut with an ellipsis. */
const LONGEST_COMMENT = 1000;

/** Text as a comment line: '# text'. It can neither end the line nor go on into the next one. */
export function lammpsComment(text: string): string {
  const line = commentText(text).replaceAll('"', "'").trimEnd();
  const cut = line.length > LONGEST_COMMENT ? `${line.slice(0, LONGEST_COMMENT)} …` : line;
  return `# ${cut}${cut.endsWith('&') ? ' .' : ''}`.trimEnd();
}

/**
 * Text as one word, in quotes where it needs them.
 * @throws ForcewrightError for text that cannot be one: with line breaks, other control characters, or both quotes
 */
export function lammpsWord(text: string): string {
  if (/^[\w./:+*=,@%^~<>()[\]-]+$/.test(text)) return text;
  const quote = text.includes('"') ? "'" : '"';
  if (text === '' || visibleLine(text) !== text || text.includes(quote)) {
    throw new ForcewrightError(`LAMMPS cannot be given ${JSON.stringify(text)} as one word.`, {
      remedy: 'Use a name without quotes, line breaks and other control characters.',
    });
  }
  return `${quote}${text}${quote}`;
}

/**
 * Splits a line into its words, as LAMMPS does; quotes are taken off.
 * @throws ForcewrightError for a quote that is not closed, """, and control characters: LAMMPS would wait for more
 */
export function lammpsWords(line: string): string[] {
  const words: string[] = [];
  const refuse = (why: string) => {
    throw new ForcewrightError(`This is no line of LAMMPS: ${visibleLine(line)}: ${why}.`, {
      remedy: 'Write one command on one line, with every quote closed.',
    });
  };
  if (visibleLine(line.replaceAll('\t', ' ')) !== line.replaceAll('\t', ' '))
    refuse('it holds control characters');
  if (line.includes('"""')) refuse('three quotes begin a text of several lines');
  const word = /\s*(?:"([^"]*)"|'([^']*)'|([^\s"']+))(?=\s|$)/y;
  const end = line.trimEnd().length;
  while (word.lastIndex < end) {
    const at = word.lastIndex;
    const found = word.exec(line);
    if (found === null) {
      refuse(`a quote at character ${at + 1} is not closed or stands inside a word`);
      break;
    }
    words.push(found[1] ?? found[2] ?? found[3]);
  }
  return words;
}
