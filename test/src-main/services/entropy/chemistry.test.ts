/**
 * Whether novelty sees which element sits where, whether it takes more of the same for new, and bandwidths that do not
 * fall to round-off.
 */
import { describe, expect, it } from 'vitest';
import { kernelSettings } from '../../../../src-main/services/entropy/settings.ts';
import { measureEntropy } from '../../../../src-main/services/entropy/measure.ts';
import { noveltyGuard, guardSettings } from '../../../../src-main/services/entropy/novelty-guard.ts';
import type { Configuration } from '../../../../src-compute/structure/configuration.ts';
import { lattice, supercell } from '../../../../src-compute/structure/lattices.ts';
import { Random } from '../../../../src-compute/sampling/random.ts';

/** Warm crystals of GaAs-like order, and the same with the elements dealt out at random. */
function crystals(count: number, seed: number, shuffle: boolean, symbols = ['In', 'P']): Configuration[] {
  const perfect = supercell(lattice('zincblende', symbols, 5.87), [2, 2, 2]);
  return Array.from({ length: count }, (_, k) => {
    const random = new Random(seed + k);
    const kinds = perfect.kinds.slice();
    if (shuffle) {
      for (let i = kinds.length - 1; i > 0; i--) {
        const j = Math.floor(random.uniform() * (i + 1));
        [kinds[i], kinds[j]] = [kinds[j], kinds[i]];
      }
    }
    return { ...perfect, kinds, positions: perfect.positions.map((x) => x + 0.06 * random.normal()) };
  });
}

const settings = (more: object) => kernelSettings.parse({ threads: 1, ...more });

async function fractionNew(structures: Configuration[], reference: Configuration[], more: object) {
  const request = { settings: settings(more) };
  const report = await measureEntropy({ configurations: structures }, { configurations: reference }, request);
  return { report, fraction: report.novelty?.fractionPositive ?? NaN };
}

describe('novelty and chemistry', () => {
  const reference = crystals(20, 1, false);

  it.each(['auto', 'tensor:4,3,2', 'mtp:8', 'mtp:12'])(
    'finds shuffled InP new against ordered InP, and more ordered InP not (%s)',
    async (descriptor) => {
      const shuffled = await fractionNew(crystals(4, 100, true), reference, { descriptor });
      expect(shuffled.fraction).toBeGreaterThan(0.9);
      const ordered = await fractionNew(crystals(4, 200, false), reference, { descriptor });
      expect(ordered.fraction).toBeLessThan(0.15);
      expect(shuffled.report.blindToElements).toBe(false);
    },
  );

  it('sees neighbours in the periodic table apart', async () => {
    const alloy = ['Fe', 'Co'];
    const against = crystals(20, 1, false, alloy);
    expect((await fractionNew(crystals(3, 300, true, alloy), against, {})).fraction).toBeGreaterThan(0.9);
    expect((await fractionNew(crystals(3, 400, false, alloy), against, {})).fraction).toBeLessThan(0.15);
  });

  it('says that the published descriptor is blind, and what the automatic one is', async () => {
    const shuffled = crystals(2, 100, true);
    const { report } = await fractionNew(shuffled, reference, { descriptor: 'quests' });
    expect(report.blindToElements).toBe(true);
    expect((await fractionNew(shuffled, reference, {})).report.descriptor).toBe('quests:P,In');
    const one = crystals(2, 1, false, ['Si', 'Si']);
    const alone = await measureEntropy({ configurations: one }, undefined, { settings: settings({}) });
    expect(alone).toMatchObject({ descriptor: 'quests', blindToElements: false });
    expect(alone.entropy.bandwidth).toBe(0.015);
  });

  it('guards a run against exchanged elements', async () => {
    const guard = await noveltyGuard({ configurations: reference }, guardSettings.parse({ every: 1 }));
    expect(guard.descriptor).toBe('quests:P,In');
    expect(guard.monitor.look(0, crystals(1, 100, true)[0]).fractionPositive).toBeGreaterThan(0.9);
    expect(guard.monitor.look(1, crystals(1, 200, false)[0]).fractionPositive).toBeLessThan(0.2);
  });
});

describe('equal environments', () => {
  it.each([
    ['quests', 'default'],
    ['quests', 'median'],
    ['mtp:8', 'default'],
    ['mtp:8', 'median'],
    ['mtp:16', 'default'],
    ['mtp:16', 'coverage'],
    ['tensor:4,3,2', 'default'],
    ['tensor:6,4,1', 'median'],
  ])('have no entropy: %s with bandwidth %s', async (descriptor, bandwidth) => {
    for (const [name, a] of [
      ['diamond', 5.431],
      ['hcp', 2.95],
      ['fcc', 4.046],
    ] as const) {
      // positions as a file rounds them
      const crystal = supercell(lattice(name, ['X'], a), [3, 3, 3]);
      const written = {
        ...crystal,
        symbols: ['Si'],
        positions: crystal.positions.map((x) => Number(x.toFixed(8))),
      };
      const { entropy } = await measureEntropy({ configurations: [written] }, undefined, {
        settings: settings({ descriptor, bandwidth }),
      });
      expect(Math.abs(entropy.entropy)).toBeLessThan(1e-6);
      expect(Math.abs(entropy.diversity)).toBeLessThan(1e-6);
    }
  });
});
