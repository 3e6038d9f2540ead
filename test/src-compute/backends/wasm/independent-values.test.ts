/** Values by an independent C++ implementation, printed to 12 digits. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { atomsOf, createForceEngine } from '../../../../src-compute/backends/index.ts';
import { parseMtp } from '../../../../src-compute/potentials/moment-tensor/mtp-text.ts';
import { readConfigurations } from '../../../../src-main/formats/index.ts';
import { hasShared, sharedPath } from '../../../support/shared.ts';

describe.skipIf(!hasShared())('moment tensor potentials on 1000 silicon atoms', () => {
  it.each([
    ['08', 'wasm', 5e-12],
    ['16', 'wasm', 5e-12],
    ['08', 'wasm-f32', 2e-6],
    ['16', 'wasm-f32', 2e-6],
  ] as const)('level %s agrees with C++ on %s', async (level, backend, tolerance) => {
    const model = parseMtp(readFileSync(sharedPath('bench', `si_l${level}_val.mtp`), 'utf8'), ['Si']);
    const [c] = await readConfigurations(sharedPath('bench', 'si1000.xyz'));
    const [energy, ...rows] = readFileSync(sharedPath('bench', `ref_mtp_l${level}_val_1000.txt`), 'utf8')
      .trim()
      .split('\n');
    const forces = rows.flatMap((row) => row.trim().split(/\s+/).map(Number));
    const engine = createForceEngine(model, atomsOf(c), { backend });
    engine.compute(c.positions, c.cell);
    const largest = Math.max(...forces.map(Math.abs));
    expect(forces).toHaveLength(3000);
    expect(Math.abs(engine.result.energy - Number(energy)) / Math.abs(Number(energy))).toBeLessThan(
      tolerance / 20,
    );
    const error = forces.reduce((max, f, k) => Math.max(max, Math.abs(f - engine.result.forces[k])), 0);
    expect(error / largest).toBeLessThan(tolerance);
  });
});
