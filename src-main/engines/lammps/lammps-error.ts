/** What goes wrong with LAMMPS, in words for the user. */
import { ForcewrightError } from '../../../src-compute/errors.ts';

/** LAMMPS is missing, lacks a part, or stopped. */
export class LammpsError extends ForcewrightError {
  /** The last lines of LAMMPS' output, empty when it never ran. */
  readonly lastLines: readonly string[];

  constructor(
    message: string,
    options: { remedy?: string; cause?: unknown; lastLines?: readonly string[] } = {},
  ) {
    super(message, options);
    this.lastLines = options.lastLines ?? [];
  }
}

/** Sentences that explain what LAMMPS says, and the cure. First match wins. */
const EXPLANATIONS: readonly {
  pattern: RegExp;
  remedy: string;
  sentence?: (found: RegExpExecArray) => string;
}[] = [
  {
    // our own model speaks in sentences
    pattern: /ERROR: forcewright potential: (.+)/,
    sentence: (found) => `The exported model stopped LAMMPS: ${found[1]}`,
    remedy: 'Export the potential again when its files were changed; otherwise check the structure.',
  },
  {
    pattern:
      /unexpected model attribute value|symbol|species.*not supported|Model does not support.*species|KIM_Species/i,
    remedy: 'The potential does not know one of the elements named in pair_coeff.',
  },
  {
    pattern: /KIM ModelCreate failed/,
    sentence: () =>
      'LAMMPS could not load the KIM model: its folder was not found or its library does not fit this machine',
    remedy:
      'Keep the model folder under its own name beside the place where LAMMPS runs, or set KIM_API_PORTABLE_MODELS_DIR to the folder that holds it; kim.log has the reason. After a change of the kim-api version run build.sh again.',
  },
  {
    pattern: /Unrecognized pair style 'kim'/,
    sentence: () => 'This LAMMPS was built without its KIM package',
    remedy: 'Install one that has it: apt-get install lammps, or conda install -c conda-forge lammps.',
  },
  {
    pattern: /Unrecognized (\w+) style '([^']+)'/,
    sentence: (found) => `This LAMMPS has no ${found[1]} style '${found[2]}'`,
    remedy: 'Use a LAMMPS that was built with the package it belongs to.',
  },
  {
    pattern: /Lost atoms/,
    sentence: () =>
      'Atoms left the box: the simulation exploded or the box is not periodic where it should be',
    remedy: 'Use a smaller time step, relax the structure first, or check the potential at short distances.',
  },
  {
    pattern: /Non-numeric (?:atom coords|pressure|box dimensions)/,
    sentence: () => 'Positions became infinite: the simulation exploded',
    remedy: 'Use a smaller time step, relax the structure first, or check the potential at short distances.',
  },
  {
    pattern: /(?:Cannot open .*potential|cannot open .*file|file .* not found)/i,
    remedy: 'Give the path of the potential file, or set LAMMPS_POTENTIALS to the folder that holds it.',
  },
];

/** How many lines of the output an error carries. */
const KEPT = 12;

/**
 * An error for a LAMMPS that stopped on its own.
 * @param what what was being run
 * @param code exit code, or undefined when a signal ended it
 * @param signal the signal
 * @param lines the last lines of stdout and stderr
 * @param kimLog text of kim.log where there is one
 */
export function stoppedError(
  what: string,
  code: number | null,
  signal: string | null,
  lines: readonly string[],
  kimLog = '',
): LammpsError {
  const text = lines.join('\n');
  const own = /^ERROR.*$/m
    .exec(text)?.[0]
    .replace(/\(src\/.*\)$/, '')
    .trimEnd();
  const last = lines.filter((line) => line.trim() !== '').slice(-KEPT);
  for (const { pattern, sentence, remedy } of EXPLANATIONS) {
    const found = pattern.exec(text);
    if (!found) continue;
    const reason = sentence ? sentence(found).replace(/\.$/, '') : (own ?? 'it gave no reason');
    const reported = sentence && !found[0].includes('forcewright') && own ? ` (${own})` : '';
    return new LammpsError(`${what}: ${reason}${reported}.${kimReason(kimLog)}`, { remedy, lastLines: last });
  }
  const how = own ?? (signal ? `it was ended by ${signal}` : `it ended with code ${code} and gave no reason`);
  return new LammpsError(`LAMMPS stopped while ${lowerFirst(what)}: ${how}.`, {
    remedy: `Its last lines were:\n${last.map((line) => `  ${line}`).join('\n')}`,
    lastLines: last,
  });
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

/** The last error of kim.log, as the end of a message. */
function kimReason(kimLog: string): string {
  const entries = kimLog
    .split('\n')
    .filter((line) => /\* error \*/.test(line))
    .map((line) => line.split(' * ').at(-1)?.trim() ?? '')
    .filter((line) => !/Could not open model|Unable to open/.test(line));
  return entries.length > 0 ? ` kim.log says: ${entries.at(-1)}` : '';
}
