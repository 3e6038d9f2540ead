/** The material of a dataset: the crystal that its data know best. */
import { volume } from '../../../src-compute/structure/cell.ts';
import { atomCount, type Configuration } from '../../../src-compute/structure/configuration.ts';
import { withoutLabels } from '../../../src-compute/structure/properties.ts';
import { SimulationError } from '../../../src-compute/errors.ts';
import { crystalSymmetry } from '../symmetry/crystal-symmetry.ts';
import { reducedFormula } from './subject.ts';

/** How far atoms may lie from their ideal places, Å. */
const PRECISION = 0.1;
/** Larger frames are not looked at: ground states of crystals have small cells. */
const LARGEST = 256;
/** Frames whose symmetry is looked for, of each composition the lowest. */
const LOOKED_AT = 12;

export interface Material {
  readonly structure: Configuration;
  /** One sentence. */
  readonly origin: string;
}

/**
 * Finds the crystal of lowest energy per atom, of the composition that has all elements and most frames, which has a
 * symmetry; its conventional cell, so that strained and perturbed frames of one crystal give the same.
 * @returns undefined where no frame is a crystal
 */
export function materialOf(frames: Iterable<Configuration>, where: string): Material | undefined {
  const groups = new Map<string, { frames: number; elements: number; best: Configuration[] }>();
  for (const frame of frames) {
    if (frame.energy === undefined || atomCount(frame) > LARGEST || !frame.periodic.every(Boolean)) continue;
    if (!(volume(frame.cell) > 0)) continue;
    const formula = reducedFormula(frame);
    const group = groups.get(formula) ?? { frames: 0, elements: new Set(frame.kinds).size, best: [] };
    group.frames++;
    group.best.push(frame);
    // the lowest are kept, now and then the rest is forgotten
    if (group.best.length > 20 * LOOKED_AT) group.best = lowest(group.best);
    groups.set(formula, group);
  }
  const ordered = [...groups].sort(([, a], [, b]) => b.elements - a.elements || b.frames - a.frames);
  for (const [formula, group] of ordered) {
    for (const frame of lowest(group.best)) {
      const found = symmetryOf(frame);
      if (!found || found.number <= 2) continue;
      return {
        structure: withoutLabels(found.conventional),
        origin: `The material is ${formula} in the space group ${found.symbol} (${found.number}), the crystal of least energy per atom in ${where}.`,
      };
    }
  }
  return undefined;
}

const perAtom = (frame: Configuration): number => (frame.energy ?? Infinity) / atomCount(frame);

const lowest = (frames: readonly Configuration[]): Configuration[] =>
  [...frames].sort((a, b) => perAtom(a) - perAtom(b)).slice(0, LOOKED_AT);

function symmetryOf(frame: Configuration): ReturnType<typeof crystalSymmetry> | undefined {
  try {
    return crystalSymmetry(frame, PRECISION);
  } catch (error) {
    if (error instanceof SimulationError) return undefined;
    throw error;
  }
}
