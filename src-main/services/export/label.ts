/** Labels structures with energies, forces and virials of a reference engine. */
import type { Configuration } from '../../../src-compute/structure/configuration.ts';
import { findLammps, lammpsSinglePoints } from '../../engines/lammps/index.ts';
import {
  lammpsInteraction,
  presentSpecies,
  type LammpsEngineSettings,
} from '../../engines/lammps/reference-engine.ts';
import { openReferenceEngine, type ReferenceEngineSettings } from '../../engines/registry.ts';
import type { ReferenceEngine } from '../../engines/reference-engine.ts';

export interface LabelRequest {
  readonly configurations: readonly Configuration[];
  readonly engine: ReferenceEngineSettings;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
  readonly onNote?: (sentence: string) => void;
}

export interface LabelResult {
  readonly configurations: readonly Configuration[];
  /** What computed them. */
  readonly reference: string;
  /** Version of LAMMPS, where that computed them. */
  readonly lammps?: string;
  readonly species: readonly string[];
}

/** @throws ReferenceEngineError, LammpsError, PotentialError for elements without a type, CancelledError */
export async function labelConfigurations(request: LabelRequest): Promise<LabelResult> {
  const { engine } = request;
  return engine.engine === 'lammps' ? await labelWithLammps(request, engine) : await labelOneByOne(request);
}

/** All structures in one script: the fastest way, and atoms may differ from structure to structure. */
async function labelWithLammps(request: LabelRequest, settings: LammpsEngineSettings): Promise<LabelResult> {
  const program = await findLammps(settings.program);
  const interaction = await lammpsInteraction(settings, presentSpecies(request.configurations));
  const labels = await lammpsSinglePoints(program, interaction, request.configurations, {
    ranks: settings.ranks,
    signal: request.signal,
    onProgress: request.onProgress,
  });
  const style = interaction.commands.find((command) => command.startsWith('pair_style'));
  const reference = `LAMMPS ${program.version}, ${settings.pairStyle ? `pair_style ${settings.pairStyle}` : style}`;
  const configurations = request.configurations.map((configuration, k): Configuration => {
    const { energy, forces, virial, atomEnergies } = labels[k];
    const bulk = configuration.periodic.every(Boolean);
    const info = { ...configuration.info, reference };
    return { ...configuration, energy, forces, atomEnergies, virial: bulk ? virial : undefined, info };
  });
  return { configurations, reference, lammps: program.version, species: interaction.types };
}

/** A program that is started for one set of atoms is started anew when the next structure has others. */
async function labelOneByOne(request: LabelRequest): Promise<LabelResult> {
  const { configurations, signal } = request;
  const labelled: Configuration[] = [];
  let reference = '';
  let engine: ReferenceEngine | undefined;
  let opened: Configuration | undefined;
  try {
    for (const configuration of configurations) {
      if (!engine || !opened || !compatible(opened, configuration)) {
        await engine?.close();
        engine = await openReferenceEngine(request.engine, configuration);
        opened = configuration;
        if (engine.waitsFor !== undefined) request.onNote?.(engine.waitsFor);
      }
      const { energy, forces, virial, atomEnergies } = await engine.compute(configuration, signal);
      reference = engine.name;
      const info = { ...configuration.info, reference };
      labelled.push({ ...configuration, energy, forces, atomEnergies, virial, info });
      request.onProgress?.(labelled.length, configurations.length);
    }
  } finally {
    await engine?.close();
  }
  return { configurations: labelled, reference, species: presentSpecies(configurations) };
}

/**
 * Whether a program that was started for `opened` may compute `next`. The cell must be the same: plane waves, k-points
 * and grids are chosen for the first one, and energies of cells that were reached from others are not comparable.
 */
function compatible(opened: Configuration, next: Configuration): boolean {
  return (
    opened.kinds.length === next.kinds.length &&
    opened.kinds.every((kind, atom) => opened.symbols[kind] === next.symbols[next.kinds[atom]]) &&
    opened.periodic.every((periodic, axis) => periodic === next.periodic[axis]) &&
    opened.cell.every((x, k) => x === next.cell[k])
  );
}
