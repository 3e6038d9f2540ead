/** Predictions of what is no label of a fit, beside the reference and in the parity plot: every output of the table. */
import { describe, expect, it } from 'vitest';
import { ArrayFrame, encodeArrayFrame } from '../../../src-compute/array-frame.ts';
import type { Configuration } from '../../../src-compute/structure/configuration.ts';
import { fieldOf, OUTPUTS } from '../../../src-compute/structure/properties.ts';
import { Predictions } from '../../../src-main/services/evaluation/evaluation-runner.ts';
import { DatasetTable } from '../../../src-renderer/state/dataset-table.ts';
import { Evaluation } from '../../../src-renderer/state/evaluation.ts';
import { datasetTable } from '../../../src-main/services/datasets/dataset-table.ts';
import { Project } from '../../../src-main/store/project.ts';
import { addDataset, crystal, temporaryFolder } from '../../support/project.ts';
import { join } from 'node:path';

const folder = temporaryFolder();
const others = OUTPUTS.filter((row) => !row.essential);

describe('an evaluation', () => {
  it.each(others.flatMap((row) => row.components.map((count) => ({ row, count, key: row.key }))))(
    'has points of $key with $count where both sides have it',
    ({ row, count }) => {
      const structures = [crystal(2, 1), crystal(2, 2)];
      const atoms = structures[0].kinds.length;
      const length = count * (row.per === 'atom' ? atoms : 1);
      const values = (start: number) => Float64Array.from({ length }, (_, k) => start + k);
      const zero = { energy: 0, forces: new Float64Array(3 * atoms), virial: new Float64Array(9) };
      const collected = new Predictions(2, 2 * atoms);
      // the first has no reference
      collected.add(0, structures[0], { ...zero, ...fieldOf(row, values(7)) });
      const second: Configuration = { ...structures[1], ...fieldOf(row, values(0)) };
      collected.add(1, second, { ...zero, ...fieldOf(row, values(1)) });
      const { arrays = {} } = collected.result();
      const data = Object.entries(arrays).map(([name, array]) => [name, array.data] as const);
      const block = encodeArrayFrame(Object.fromEntries(data), { symbols: ['Si'] });
      const evaluation = new Evaluation(new ArrayFrame(block.buffer));
      expect(evaluation.others.map(({ key }) => key)).toEqual([row.key]);
      using project = Project.open(join(folder, `${row.key}-${count}.fwproj`), { create: true });
      const table = new DatasetTable(
        new ArrayFrame(datasetTable(project, addDataset(project, 'one', structures)).buffer),
      );
      const points = evaluation.points(row.key, Uint32Array.of(0, 1), table, 'none');
      expect(points.reference).toEqual(values(0));
      expect(points.predicted).toEqual(values(1));
      expect([...points.row]).toEqual(new Array<number>(length).fill(1));
      expect(points.atom[length - 1]).toBe(row.per === 'atom' ? atoms - 1 : 0);
    },
  );

  it('has none of what nothing predicts', () => {
    const collected = new Predictions(1, 8);
    const structure = { ...crystal(2, 1), dipole: new Float64Array(3) };
    collected.add(0, structure, { energy: 0, forces: new Float64Array(24), virial: new Float64Array(9) });
    expect(Object.keys(collected.result().arrays ?? {}).filter((name) => name.includes(':'))).toEqual([]);
  });
});
