/** A project with one dataset of 1e5 rows. */
import type { Configuration } from '../../../src-compute/structure/configuration.ts';
import { derivedColumns } from '../../../src-main/store/configuration-row.ts';
import { DatasetWriter } from '../../../src-main/store/dataset-writer.ts';
import { Project } from '../../../src-main/store/project.ts';

export const ROWS = 100_000;

/** One atom each, every second of another type. */
export function largeProject(path: string): void {
  using project = Project.open(path, { create: true });
  using writer = new DatasetWriter(project);
  const configuration: Configuration = {
    symbols: ['Si'],
    kinds: Uint16Array.of(0),
    periodic: [true, true, true],
    cell: Float64Array.of(3, 0, 0, 0, 3, 0, 0, 0, 3),
    positions: Float64Array.of(0, 0, 0),
    energy: -5,
    forces: Float64Array.of(0.1, 0, 0),
  };
  // what is derived of every configuration is found once: this is about the window, not about importing
  const derived = derivedColumns(configuration);
  for (let k = 0; k < ROWS; k++) {
    const energyPerAtom = -5 + 0.01 * Math.sin(k * k);
    const configType = k % 2 ? 'odd' : 'even';
    writer.add(
      configuration,
      { sourceFile: 0, sourceFrame: k, sourceLine: 2 * k + 1 },
      { ...derived, energyPerAtom, configType, maxForce: (k % 977) / 100 },
    );
  }
  writer.commit({ name: 'large' });
}
