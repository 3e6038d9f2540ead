import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadPotential } from '../../../../src-main/services/potentials/potential-file.ts';

const COEFFICIENTS = '# made by hand\n\n1 3\nLi 2.1 1\n-1.5\n0.01\n0.002\n';
const PARAMETERS = 'rcutfac 1.1\ntwojmax 1\n';

describe('SNAP files', () => {
  const folder = mkdtempSync(join(tmpdir(), 'forcewright-snap-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const write = (name: string, text: string) => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };

  it('are read as the pair that they are', async () => {
    const path = write('Li.snapcoeff', COEFFICIENTS);
    write('Li.snapparam', PARAMETERS);
    const { model, name } = await loadPotential(path);
    expect(name).toBe('Li');
    expect(model).toMatchObject({ form: 'snap', species: ['Li'], twojmax: 1, subtractIsolated: true });
    expect(model.cutoff).toBeCloseTo(4.62, 12);
    await expect(loadPotential(path, ['Li', 'H'])).rejects.toThrow(/--species names H/);
  });

  it('say which of the two is missing', async () => {
    const path = write('alone.snapcoeff', COEFFICIENTS);
    await expect(loadPotential(path)).rejects.toThrow(/alone\.snapparam, cannot be read/);
  });
});
