/** All reference engines, by name. A new one is one line in each of the two lists. */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { createForceEngine, atomsOf } from '../../src-compute/backends/index.ts';
import { ForcewrightError } from '../../src-compute/errors.ts';
import { parsePotentialDocument } from '../../src-compute/potentials/document.ts';
import type { PotentialModelBase } from '../../src-compute/potentials/potential.ts';
import type { Configuration } from '../../src-compute/structure/configuration.ts';
import { openEspressoEngine } from './espresso/reference-engine.ts';
import { espressoEngineSchema } from './espresso/settings.ts';
import { ipiEngineSchema, openIpiEngine } from './i-pi/reference-engine.ts';
import { lammpsEngineSchema, LammpsReferenceEngine } from './lammps/reference-engine.ts';
import {
  checkedResult,
  EngineFailedError,
  requireSameAtoms,
  type ReferenceEngine,
} from './reference-engine.ts';

/** A potential of our own as a reference, for instance a large one that a small one learns from. */
export const potentialEngineSchema = z.strictObject({
  engine: z.literal('potential'),
  /** A *.potential.json file. */
  potential: z.string().min(1),
});

/** Settings of any engine. */
export const referenceEngineSchema = z.union([
  lammpsEngineSchema,
  ipiEngineSchema,
  espressoEngineSchema,
  potentialEngineSchema,
]);
export type ReferenceEngineSettings = z.output<typeof referenceEngineSchema>;
export type ReferenceEngineInput = z.input<typeof referenceEngineSchema>;

export const ENGINE_NAMES = ['lammps', 'i-pi', 'espresso', 'potential'] as const;

/**
 * Starts an engine for the atoms of a structure.
 * @throws ReferenceEngineError, LammpsError, PotentialError with what is missing
 */
export async function openReferenceEngine(
  settings: ReferenceEngineSettings,
  atoms: Configuration,
): Promise<ReferenceEngine> {
  switch (settings.engine) {
    case 'lammps':
      return LammpsReferenceEngine.open(settings, atoms);
    case 'i-pi':
      return openIpiEngine(settings, atoms);
    case 'espresso':
      return openEspressoEngine(settings, atoms);
    case 'potential':
      return openPotentialEngine(settings.potential, atoms);
  }
}

async function openPotentialEngine(file: string, atoms: Configuration): Promise<ReferenceEngine> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw new EngineFailedError(`The reference potential ${file} cannot be read.`, { cause });
  }
  return potentialEngine(parsePotentialDocument(text).model, atoms, `the potential ${file}`);
}

/** A potential of our own as a reference engine. */
export function potentialEngine(
  model: PotentialModelBase,
  atoms: Configuration,
  name: string,
): ReferenceEngine {
  const engine = createForceEngine(model, atomsOf(atoms), {});
  let calls = 0;
  const close = () => Promise.resolve(engine.dispose());
  return {
    name,
    get calls() {
      return calls;
    },
    async compute(configuration) {
      requireSameAtoms(name, atoms, configuration);
      const began = performance.now();
      try {
        // a fresh neighbour list: the result depends on the structure alone
        engine.forgetNeighbours();
        await engine.compute(configuration.positions, configuration.cell);
      } catch (cause) {
        if (!(cause instanceof ForcewrightError)) throw cause;
        throw new EngineFailedError(cause.message, { remedy: cause.remedy, cause });
      }
      calls++;
      const { energy, forces, virial, atomEnergies } = engine.result;
      return checkedResult(
        name,
        {
          energy,
          forces: forces.slice(),
          virial: configuration.periodic.every(Boolean) ? virial.slice() : undefined,
          atomEnergies: atomEnergies.slice(),
          seconds: (performance.now() - began) / 1000,
        },
        atoms.kinds.length,
      );
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
