/** LAMMPS' `eam/alloy` and `eam/fs` files (DYNAMO setfl and its extension by Finnis and Sinclair). */
import { PotentialError } from '../../errors.ts';
import { isElement } from '../../structure/elements.ts';
import { densityTables, MOST_POINTS, validateEmbeddedAtomModel, type EmbeddedAtomModel } from './model.ts';

/** Words of a text one after the other; three lines of comments at its head are passed over. */
class Words {
  private readonly words: string[];
  private next = 0;

  constructor(text: string) {
    const lines = text.split(/\r?\n/).slice(3).join('\n');
    this.words = lines.split(/\s+/).filter((word) => word !== '');
  }

  get left(): number {
    return this.words.length - this.next;
  }

  word(what: string): string {
    if (this.next >= this.words.length)
      throw new PotentialError(`The embedded-atom file ends where ${what} should stand.`, {
        remedy: 'The file may be cut short.',
      });
    return this.words[this.next++];
  }

  real(what: string): number {
    const word = this.word(what);
    const value = Number(word.replace(/[dD]/, 'e'));
    if (!Number.isFinite(value))
      throw new PotentialError(
        `The embedded-atom file should hold ${what}, and holds ${JSON.stringify(word.slice(0, 40))}.`,
        { remedy: 'A file of pair_style eam/alloy ends in .eam.alloy, one of eam/fs in .eam.fs.' },
      );
    return value;
  }

  count(what: string, most: number): number {
    const value = this.real(what);
    if (!Number.isInteger(value) || value < 1 || value > most)
      throw new PotentialError(
        `The embedded-atom file says ${value} for ${what}: 1 to ${most} was expected.`,
      );
    return value;
  }

  reals(count: number, what: string): Float64Array {
    if (this.left < count)
      throw new PotentialError(
        `The embedded-atom file ends within ${what}: ${count} numbers were announced, and ${this.left} are left.`,
        { remedy: 'The file may be cut short.' },
      );
    return Float64Array.from({ length: count }, () => this.real(what));
  }
}

function joined(parts: readonly Float64Array[]): Float64Array {
  const out = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    out.set(part, offset);
    offset += part.length;
  }
  return out;
}

/**
 * Reads an embedded-atom file.
 * @param finnisSinclair whether it is `eam/fs`: a density for every giver and taker
 * @throws PotentialError saying what stands where something else was expected
 */
export function parseEmbeddedAtom(text: string, finnisSinclair: boolean): EmbeddedAtomModel {
  const words = new Words(text);
  const size = words.count('the number of elements', 100);
  const species = Array.from({ length: size }, () => words.word('the name of an element'));
  const odd = species.find((name) => !isElement(name));
  if (odd !== undefined)
    throw new PotentialError(`The embedded-atom file names ${JSON.stringify(odd)}, which is no element.`, {
      remedy: 'eam/alloy and eam/fs files begin with three lines of comments, then the elements.',
    });
  const densityCount = words.count('the number of densities', MOST_POINTS);
  const densityStep = words.real('the step of densities');
  const distanceCount = words.count('the number of distances', MOST_POINTS);
  const distanceStep = words.real('the step of distances');
  const cutoff = words.real('the cutoff');
  if (!(densityStep > 0 && distanceStep > 0 && cutoff > 0))
    throw new PotentialError('Steps and cutoff of an embedded-atom file are positive.');
  if (densityCount < 5 || distanceCount < 5)
    throw new PotentialError('Tables of an embedded-atom file have five points or more.');
  const [embedding, densities, pairs]: Float64Array[][] = [[], [], []];
  const notes = species.map((name) => {
    const note = {
      atomicNumber: words.count(`the atomic number of ${name}`, 200),
      mass: words.real(`the mass of ${name}`),
      latticeConstant: words.real(`the lattice constant of ${name}`),
      lattice: words.word(`the lattice of ${name}`),
    };
    embedding.push(words.reals(densityCount, `F of ${name}`));
    for (let k = 0; k < (finnisSinclair ? size : 1); k++)
      densities.push(words.reals(distanceCount, `the density of ${name}`));
    return note;
  });
  for (let a = 0; a < size; a++)
    for (let b = 0; b <= a; b++)
      pairs.push(words.reals(distanceCount, `the pair ${species[a]}–${species[b]}`));
  if (words.left > 0)
    throw new PotentialError(`The embedded-atom file holds ${words.left} numbers more than it announces.`, {
      remedy: finnisSinclair
        ? 'An eam/alloy file has another extension: .eam.alloy.'
        : 'An eam/fs file, which has a density for every pair of elements, has another extension: .eam.fs.',
    });
  const model: EmbeddedAtomModel = {
    ...{ form: 'embedded-atom', species, cutoff, finnisSinclair },
    ...{ densityStep, densityCount, distanceStep, distanceCount },
    ...{ embedding: joined(embedding), densities: joined(densities), pairs: joined(pairs), notes },
  };
  validateEmbeddedAtomModel(model);
  return model;
}

/** The file of a potential, to the last bit of its numbers. @param comment a line of words for its head */
export function formatEmbeddedAtom(model: EmbeddedAtomModel, comment = ''): string {
  validateEmbeddedAtomModel(model);
  const { densityCount, distanceCount } = model;
  const lines = [
    `# ${comment.replace(/[\r\n]+/g, ' ')}`,
    '# UNITS: metal',
    `# pair_style ${model.finnisSinclair ? 'eam/fs' : 'eam/alloy'}`,
    [model.species.length, ...model.species].join(' '),
    [densityCount, model.densityStep, distanceCount, model.distanceStep, model.cutoff].join(' '),
  ];
  const table = (all: Float64Array, count: number, k: number) => {
    for (const value of all.subarray(k * count, (k + 1) * count)) lines.push(String(value));
  };
  const perElement = densityTables(model) / model.species.length;
  model.notes.forEach(({ atomicNumber, mass, latticeConstant, lattice }, e) => {
    lines.push([atomicNumber, mass, latticeConstant, lattice].join(' '));
    table(model.embedding, densityCount, e);
    for (let k = 0; k < perElement; k++) table(model.densities, distanceCount, e * perElement + k);
  });
  for (let k = 0; k < model.pairs.length / distanceCount; k++) table(model.pairs, distanceCount, k);
  return lines.join('\n') + '\n';
}
