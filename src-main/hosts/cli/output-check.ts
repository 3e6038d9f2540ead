/**
 * Looks at every file and folder that a command is to write before it begins, so that an hour of computing never ends in
 * "cannot be written". By the names of options, for all commands at once: a new command has it without a line.
 */
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Command, Option } from 'commander';
import { ForcewrightError } from '../../../src-compute/errors.ts';

/** Options that name what is written. */
const OUTPUTS: ReadonlySet<string> = new Set([
  'out', 'figure', 'thermo', 'map', 'summary', 'noveltyOut', 'modelOut', 'learnedOut', 'checkpoint', 'log', 'html', 'pdf',
]); // prettier-ignore

/**
 * Checks the outputs that a command was given.
 * @throws ForcewrightError for a folder that is missing or may not be written to, a folder where a file is to be and the
 *   reverse
 */
export function requireWritableOutputs(command: Command): void {
  for (const option of command.options) {
    if (!OUTPUTS.has(option.attributeName())) continue;
    const value: unknown = command.getOptionValue(option.attributeName());
    if (typeof value === 'string') requireWritable(option, value);
  }
}

function requireWritable(option: Option, path: string): void {
  const named = `${option.long ?? option.flags} ${path}`;
  const folder = option.flags.includes('<folder>');
  if (existsSync(path)) {
    const isFolder = statSync(path).isDirectory();
    if (isFolder !== folder) {
      throw new ForcewrightError(
        folder
          ? `${named} is a file, and a folder was expected.`
          : `${named} is a folder, and a file was expected.`,
        { remedy: 'Choose another name. Nothing was done.' },
      );
    }
    requireAccess(path, named, 'it may not be written to');
    return;
  }
  // folders are made, with those above them; a file needs the folder that it is in
  let above = dirname(resolve(path));
  while (folder && !existsSync(above) && dirname(above) !== above) above = dirname(above);
  if (!existsSync(above) || !statSync(above).isDirectory()) {
    throw new ForcewrightError(`${named} cannot be written: there is no folder ${above}.`, {
      remedy: 'Make the folder, or choose another name. Nothing was done.',
    });
  }
  requireAccess(above, named, `the folder ${above} may not be written to`);
}

function requireAccess(path: string, named: string, why: string): void {
  try {
    accessSync(path, constants.W_OK);
  } catch (cause) {
    throw new ForcewrightError(`${named} cannot be written: ${why}.`, {
      remedy: 'Choose another place. Nothing was done.',
      cause,
    });
  }
}
