/**
 * A file of LAMMPS commands that define an interaction. It is a file of the user's own, named on this machine's command
 * line; but it may have come from somebody else, so it holds an interaction and nothing more: no command that starts
 * programs, reads other input, writes files, or takes the structure out of our hands, and none that a variable or a
 * continued line could turn into one. What LAMMPS gets is what was checked: lines are joined, comments removed and
 * variables put in here.
 */
import { lammpsWords } from '../../../src-compute/quoting/lammps.ts';
import { visibleLine } from '../../../src-compute/quoting/visible.ts';
import { LammpsError } from './lammps-error.ts';

/** Commands that are part of an interaction (docs.lammps.org/Commands_category.html, "Force fields"). */
const ALLOWED = new Set(
  (
    'pair_style pair_coeff pair_modify kspace_style kspace_modify bond_style bond_coeff angle_style angle_coeff ' +
    'dihedral_style dihedral_coeff improper_style improper_coeff special_bonds dielectric mass set variable ' +
    'neighbor neigh_modify comm_modify'
  ).split(' '),
);

/** Words of styles that run Python of the user. */
const NEVER = /^(python|mliap|mliappy|unified|mdi|kim)$/i;

/** ${name}, $n and $(formula) as a whole word, without a format of its own. */
const NUMBER_FROM_FORMULA = /^\$(\{\w+\}|\w|\([^:$]*\))$/;

/** Kinds of variables whose values stand in the line itself. */
const VARIABLES = new Set(['equal', 'string', 'index']);

/**
 * The commands of a template.
 * @returns one command a line; the variables of kinds string and index are put in
 * @throws LammpsError naming the line that is not taken
 */
export function templateCommands(text: string): string[] {
  const values = new Map<string, string>();
  const commands: string[] = [];
  for (const line of logicalLines(text)) {
    const whole = substituted(line, values);
    const words = lammpsWords(whole);
    if (words.length === 0) continue;
    checkCommand(line, words);
    if (words[0] === 'variable' && (words[2] === 'string' || words[2] === 'index'))
      values.set(words[1], words[3]);
    commands.push(whole);
  }
  if (!commands.some((line) => /^pair_style\s/.test(line))) {
    throw new LammpsError('The LAMMPS template defines no pair_style.', {
      remedy: 'Write a pair_style line and its pair_coeff lines into it.',
    });
  }
  return commands;
}

/** Lines without comments; a line that ends with & is joined to the next. */
function logicalLines(text: string): string[] {
  const lines: string[] = [];
  let open = '';
  for (const raw of text.replace(/\r\n?/g, '\n').split('\n')) {
    const line = open + withoutComment(raw).trimEnd();
    open = '';
    // LAMMPS joins before it looks for comments: a comment that ends with & takes the next line into itself
    if (line.endsWith('&')) open = line.slice(0, -1);
    else if (raw.includes('#') && raw.trimEnd().endsWith('&'))
      throw refused(raw, 'a comment that goes on into the next line');
    else if (line.trim() !== '') lines.push(line.trim());
  }
  if (open.trim() !== '') lines.push(open.trim());
  return lines;
}

/** Cuts # and what follows, outside quotes. */
function withoutComment(line: string): string {
  const before = /^(?:[^#"']|"[^"]*"|'[^']*')*/.exec(line)?.[0] ?? '';
  return line[before.length] === '#' ? line.slice(0, before.length) : line;
}

/** ${name} and $n of variables that the template defined with a text; those of formulas stay, since they give numbers. */
function substituted(line: string, values: ReadonlyMap<string, string>): string {
  return line.replace(/\$(?:\{(\w+)\}|(\w))/g, (all, long?: string, short?: string) => {
    return values.get(long ?? short ?? '') ?? all;
  });
}

function checkCommand(line: string, words: readonly string[]): void {
  const [command, ...rest] = words;
  // a quoted or computed first word would be another command when LAMMPS reads it
  if (!ALLOWED.has(command)) throw refused(line, `the command ${command}`);
  if (rest.some((word) => NEVER.test(word))) throw refused(line, 'a style that runs other programs');
  if (/[;`]|\bsystem\b/.test(line)) throw refused(line, 'a sign that means something to a shell');
  if (command === 'variable') checkVariable(line, rest);
  // a file whose name ends so is opened through a shell (gzip -c -d NAME)
  if (rest.some((word) => /\.(gz|bz2|xz|zst|lzma|lz4)$/i.test(word)))
    throw refused(line, 'a compressed file');
  // what is left are formulas: a number, and nothing but the number
  if (command !== 'variable' && rest.some((word) => word.includes('$') && !NUMBER_FROM_FORMULA.test(word)))
    throw refused(line, 'a word that is put together from variables');
}

function checkVariable(line: string, [, kind, ...value]: readonly string[]): void {
  if (!VARIABLES.has(kind)) throw refused(line, `a variable of the kind ${kind}`);
  if (value.length !== 1) throw refused(line, 'a variable with several values');
  if (kind !== 'equal' && !/^[\w.+-]*$/.test(value[0]))
    throw refused(line, 'a text that is more than one plain word');
}

function refused(line: string, what: string): LammpsError {
  return new LammpsError(
    `The LAMMPS template may hold only commands that define the interaction, not: ${visibleLine(line)} (${what})`,
    {
      remedy: `Keep pair_style, pair_coeff and what belongs to them, in units metal. Commands that are taken: ${[...ALLOWED].join(', ')}.`,
    },
  );
}
