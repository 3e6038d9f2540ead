import { expect, it } from 'vitest';
import { closeAtomsWarning } from '../../../src-compute/potentials/distances.ts';
import { randomModel, randomStructure } from '../../support/moment-tensor.ts';

it('tells when atoms are closer than the potential was made for, and only then', () => {
  const structure = randomStructure({ atoms: 4, edge: 4.2, periodic: [true, true, true], species: ['Si'] });
  const model = randomModel({ level: 4, species: ['Si'], cutoff: 3.5 });
  expect(closeAtomsWarning(model, structure)).toBeUndefined();
  const positions = structure.positions.slice();
  positions.set([positions[0] + 1.1, positions[1], positions[2]], 3);
  expect(closeAtomsWarning(model, { ...structure, positions })).toMatch(
    /1\.100 Å apart, closer than the 1\.2 Å/,
  );
});
