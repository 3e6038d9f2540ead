import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { formatEmbeddedAtom } from '../../../../src-compute/potentials/embedded-atom/index.ts';
import { loadPotential } from '../../../../src-main/services/potentials/potential-file.ts';

const COEFFICIENTS = '# made by hand\n\n1 3\nLi 2.1 1\n-1.5\n0.01\n0.002\n';
const PARAMETERS = 'rcutfac 1.1\ntwojmax 1\n';

describe('potential files of LAMMPS', () => {
  const folder = mkdtempSync(join(tmpdir(), 'forcewright-snap-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const write = (name: string, text: string) => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };

  it('that are larger than any potential are refused before they are read', async () => {
    // without a word in them: the disk keeps nothing of such a file
    for (const name of ['huge.mtp', 'huge.yace', 'huge.eam.alloy', 'huge.potential.json', 'Pair.snapparam']) {
      truncateSync(write(name, ''), 2 ** 29);
      const path = name === 'Pair.snapparam' ? write('Pair.snapcoeff', COEFFICIENTS) : join(folder, name);
      await expect(loadPotential(path)).rejects.toThrow(/536870912 bytes, more than any potential/);
    }
  });

  it('SNAP: are read as the pair that they are', async () => {
    const path = write('Li.snapcoeff', COEFFICIENTS);
    write('Li.snapparam', PARAMETERS);
    const { model, name } = await loadPotential(path);
    expect(name).toBe('Li');
    expect(model).toMatchObject({ form: 'snap', species: ['Li'], twojmax: 1, subtractIsolated: true });
    expect(model.cutoff).toBeCloseTo(4.62, 12);
    await expect(loadPotential(path, ['Li', 'H'])).rejects.toThrow(/--species names H/);
  });

  it('SNAP: say which of the two is missing', async () => {
    const path = write('alone.snapcoeff', COEFFICIENTS);
    await expect(loadPotential(path)).rejects.toThrow(/alone\.snapparam, cannot be read/);
  });

  it('embedded atoms: are told apart by their names', async () => {
    const table = Float64Array.of(3, 2, 1, 0.5, 0);
    const grids = { densityStep: 1, densityCount: 5, distanceStep: 1, distanceCount: 5 };
    const text = formatEmbeddedAtom({
      ...{ form: 'embedded-atom', species: ['Cu'], cutoff: 4, finnisSinclair: false, ...grids },
      ...{ embedding: table, densities: table, pairs: table },
      notes: [{ atomicNumber: 29, mass: 63.5, latticeConstant: 3.6, lattice: 'fcc' }],
    });
    const { model, name } = await loadPotential(write('Cu.eam.alloy', text));
    expect(name).toBe('Cu');
    expect(model).toMatchObject({ form: 'embedded-atom', species: ['Cu'], finnisSinclair: false });
    expect((await loadPotential(write('Cu.eam.fs', text))).model).toMatchObject({ finnisSinclair: true });
  });
});
