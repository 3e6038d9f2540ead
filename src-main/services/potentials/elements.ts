/** A potential knows its elements and refuses structures with others, before anything is started. */
import { PotentialError } from '../../../src-compute/errors.ts';
import type { Configuration } from '../../../src-compute/structure/configuration.ts';
import { DatasetRepository } from '../../store/datasets.ts';
import type { PotentialSummary } from '../../store/potentials.ts';
import type { Project } from '../../store/project.ts';
import { TrajectoryReader } from '../../store/trajectories.ts';
import type { StructureSource } from '../simulations/structure-source.ts';

/** Elements of the atoms of a structure. */
function elementsOf({ symbols, kinds }: Pick<Configuration, 'symbols' | 'kinds'>): string[] {
  return [...new Set(kinds)].map((kind) => symbols[kind]);
}

/** Elements of a structure before it is built. @throws StoreError when what it comes from is not there */
export function sourceElements(project: Project, source: StructureSource): string[] {
  if (source.kind === 'dataset')
    return elementsOf(new DatasetRepository(project).configuration(source.datasetId, source.position));
  if (source.kind === 'trajectory')
    return elementsOf(new TrajectoryReader(project, source.trajectoryId).head);
  if (source.kind === 'atoms') return [...new Set(source.kinds)].map((kind) => source.symbols[kind]);
  const dealt = Object.entries(source.alloy ?? {}).filter(([, share]) => share > 0);
  return dealt.length > 0 ? dealt.map(([symbol]) => symbol) : [...new Set(source.symbols)];
}

/** @throws PotentialError naming the elements that the potential does not know */
export function requireElements(
  { name, species }: Pick<PotentialSummary, 'name' | 'species'>,
  elements: readonly string[],
  what = 'the structure',
): void {
  const foreign = elements.filter((symbol) => !species.includes(symbol));
  if (foreign.length === 0) return;
  throw new PotentialError(
    `${name} knows ${species.join(', ')}, and ${what} holds ${foreign.join(', ')} as well.`,
    {
      remedy: 'Choose another structure, or a potential for all of its elements.',
    },
  );
}
