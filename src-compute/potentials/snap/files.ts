/** LAMMPS' two files of a SNAP potential: `.snapcoeff` (elements, coefficients) and `.snapparam` (settings). */
import { PotentialError } from '../../errors.ts';
import { isElement } from '../../structure/elements.ts';
import { coefficientCount, LARGEST_TWOJMAX, validateSnapModel, type SnapModel } from './model.ts';

interface Line {
  readonly words: readonly string[];
  readonly number: number;
}

/** Lines that say something: without comments and blank ones. */
function linesOf(text: string): Line[] {
  return text.split(/\r?\n/).flatMap((line, k) => {
    const words = line.replace(/#.*/, '').trim().split(/\s+/);
    return words[0] === '' ? [] : [{ words, number: k + 1 }];
  });
}

/** A number as LAMMPS writes it, a Fortran exponent included. */
function real(word: string | undefined, what: string, line: number): number {
  const value = word === undefined || word === '' ? NaN : Number(word.replace(/[dD]/, 'e'));
  if (!Number.isFinite(value))
    throw new PotentialError(`Line ${line} should hold ${what}, and holds ${JSON.stringify(word ?? '')}.`, {
      remedy: 'Check that the file is whole.',
    });
  return value;
}

/** What `.snapparam` may say; those of LAMMPS' memory and threads change no number. */
const SETTINGS = [
  'rcutfac',
  'twojmax',
  'rfac0',
  'rmin0',
  'switchflag',
  'bzeroflag',
  'quadraticflag',
  'chemflag',
  'bnormflag',
  'wselfallflag',
  'switchinnerflag',
] as const;
const WITHOUT_EFFECT = new Set(['chunksize', 'parallelthresh']);
type Settings = Record<(typeof SETTINGS)[number], number> & { sinner: number[]; dinner: number[] };

/** Defaults: the documentation of LAMMPS' pair_style snap. */
const DEFAULTS: Settings = {
  rcutfac: NaN,
  twojmax: NaN,
  rfac0: 0.99363,
  rmin0: 0,
  switchflag: 1,
  bzeroflag: 1,
  quadraticflag: 0,
  chemflag: 0,
  bnormflag: 0,
  wselfallflag: 0,
  switchinnerflag: 0,
  sinner: [],
  dinner: [],
};

function parseSettings(text: string): Settings {
  const settings: Settings = { ...DEFAULTS };
  for (const { words, number } of linesOf(text)) {
    const [key] = words;
    const known = SETTINGS.find((name) => name === key);
    if (known !== undefined) {
      if (words.length !== 2)
        throw new PotentialError(`Line ${number} of the parameters should be ${key} and one number.`);
      settings[known] = real(words[1], `the number of ${key}`, number);
    } else if (key === 'sinner' || key === 'dinner')
      settings[key] = words.slice(1).map((word) => real(word, `a length of ${key}`, number));
    else if (!WITHOUT_EFFECT.has(key))
      throw new PotentialError(
        `Line ${number} of the parameters names ${JSON.stringify(key)}, which is not known.`,
        { remedy: `Known: ${[...SETTINGS, 'sinner', 'dinner'].join(', ')}.` },
      );
  }
  for (const key of ['rcutfac', 'twojmax'] as const)
    if (!(settings[key] > 0) && !(key === 'twojmax' && settings[key] === 0))
      throw new PotentialError(`The parameters of the potential lack a positive ${key}.`);
  if (!Number.isInteger(settings.twojmax) || settings.twojmax > LARGEST_TWOJMAX)
    throw new PotentialError(
      `twojmax should be a whole number up to ${LARGEST_TWOJMAX}, and is ${settings.twojmax}.`,
    );
  return settings;
}

interface ElementBlock {
  readonly name: string;
  readonly radius: number;
  readonly weight: number;
  readonly coefficients: readonly number[];
}

function parseCoefficients(text: string): ElementBlock[] {
  const lines = linesOf(text);
  const [head] = lines;
  if (head?.words.length !== 2)
    throw new PotentialError(
      'A SNAP coefficient file begins with the numbers of elements and of coefficients.',
    );
  const [elements, count] = head.words.map((word) =>
    real(word, 'a number of elements or coefficients', head.number),
  );
  if (!(Number.isInteger(elements) && Number.isInteger(count) && elements > 0 && count > 0))
    throw new PotentialError(`Line ${head.number} should hold two positive whole numbers.`);
  if (lines.length !== 1 + elements * (count + 1))
    throw new PotentialError(
      `The coefficient file announces ${elements} elements with ${count} coefficients each, ${elements * (count + 1)} lines, and holds ${lines.length - 1}.`,
      { remedy: 'The file may be cut short.' },
    );
  return Array.from({ length: elements }, (_, e) => {
    const at = 1 + e * (count + 1);
    const { words, number } = lines[at];
    if (words.length !== 3 || !isElement(words[0]))
      throw new PotentialError(`Line ${number} should hold an element, its radius and its weight.`);
    return {
      name: words[0],
      radius: real(words[1], 'a radius', number),
      weight: real(words[2], 'a weight', number),
      coefficients: lines
        .slice(at + 1, at + 1 + count)
        .map((line) => real(line.words[0], 'a coefficient', line.number)),
    };
  });
}

/**
 * Reads a SNAP potential.
 * @param coefficients text of the `.snapcoeff` file
 * @param parameters text of the `.snapparam` file
 * @throws PotentialError where one is broken or they do not fit each other
 */
export function parseSnap(coefficients: string, parameters: string): SnapModel {
  const settings = parseSettings(parameters);
  const blocks = parseCoefficients(coefficients);
  const radii = Float64Array.from(blocks, ({ radius }) => radius);
  const inner = settings.switchinnerflag !== 0;
  const perElement = (key: 'sinner' | 'dinner') => {
    if (settings[key].length !== blocks.length)
      throw new PotentialError(
        `The inner switch needs one ${key} for each of the ${blocks.length} elements, and the parameters give ${settings[key].length}.`,
      );
    return Float64Array.from(settings[key]);
  };
  const model: SnapModel = {
    form: 'snap',
    species: blocks.map(({ name }) => name),
    cutoff: 2 * settings.rcutfac * Math.max(...radii),
    twojmax: settings.twojmax,
    rcutfac: settings.rcutfac,
    rfac0: settings.rfac0,
    rmin0: settings.rmin0,
    switching: settings.switchflag !== 0,
    subtractIsolated: settings.bzeroflag !== 0,
    elementsApart: settings.chemflag !== 0,
    normalised: settings.bnormflag !== 0,
    selfInAll: settings.wselfallflag !== 0,
    quadratic: settings.quadraticflag !== 0,
    radii,
    weights: Float64Array.from(blocks, ({ weight }) => weight),
    ...(inner ? { inner: { centres: perElement('sinner'), widths: perElement('dinner') } } : {}),
    coefficients: Float64Array.from(blocks.flatMap((block) => block.coefficients)),
  };
  validateSnapModel(model);
  return model;
}

const flag = (set: boolean) => (set ? 1 : 0);

/** The two texts of a potential, to the last bit of its numbers; comments are the caller's, without line breaks. */
export function formatSnap(
  model: SnapModel,
  comment: readonly string[] = [],
): { coefficients: string; parameters: string } {
  validateSnapModel(model);
  const head = comment.map((line) => `# ${line.replace(/[\r\n]+/g, ' ')}`);
  const per = coefficientCount(model);
  const coefficients = [...head, '', `${model.species.length} ${per}`];
  model.species.forEach((name, e) => {
    coefficients.push(`${name} ${model.radii[e]} ${model.weights[e]}`);
    for (const value of model.coefficients.subarray(e * per, (e + 1) * per)) coefficients.push(String(value));
  });
  const parameters = [
    ...head,
    '',
    `rcutfac ${model.rcutfac}`,
    `twojmax ${model.twojmax}`,
    `rfac0 ${model.rfac0}`,
    `rmin0 ${model.rmin0}`,
    `switchflag ${flag(model.switching)}`,
    `bzeroflag ${flag(model.subtractIsolated)}`,
    `quadraticflag ${flag(model.quadratic)}`,
    `chemflag ${flag(model.elementsApart)}`,
    `bnormflag ${flag(model.normalised)}`,
    `wselfallflag ${flag(model.selfInAll)}`,
  ];
  if (model.inner)
    parameters.push(
      'switchinnerflag 1',
      `sinner ${model.inner.centres.join(' ')}`,
      `dinner ${model.inner.widths.join(' ')}`,
    );
  return { coefficients: coefficients.join('\n') + '\n', parameters: parameters.join('\n') + '\n' };
}
