/**
 * A soft core that keeps atoms apart where nothing else does:
 *
 *   V_core = A Σ_{i<j} (1 − (r_ij/r₀)²)³ for r_ij < r₀ = R_i + R_j, else 0
 *
 * with R the single-bond covalent radii of Cordero et al., Dalton Trans. (2008) 2832. Finite at r = 0, so that random
 * starts can be relaxed, and smooth to second order at r₀. With A = 20 eV two atoms at 0.8 r₀ cost 0.9 eV.
 */
import type { Configuration } from '../../../structure/configuration.ts';
import { ELEMENT_SYMBOLS } from '../../../structure/elements.ts';
import { neighbourPairs } from '../../../structure/neighbour-list.ts';
import type { Evaluation } from '../../../potentials/potential.ts';

/** Covalent radii by atomic number from H, pm; carbon as sp3, manganese, iron and cobalt as low spin. */
const RADII_PM = [
  31, 28, 128, 96, 84, 76, 71, 66, 57, 58, 166, 141, 121, 111, 107, 105, 102, 106, 203, 176, 170, 160, 153,
  139, 139, 132, 126, 124, 132, 122, 122, 120, 119, 120, 120, 116, 220, 195, 190, 175, 164, 154, 147, 146,
  142, 139, 145, 144, 142, 139, 139, 138, 139, 140, 244, 215, 207, 204, 203, 201, 199, 198, 198, 196, 194,
  192, 192, 189, 190, 187, 187, 175, 170, 162, 151, 144, 141, 136, 136, 132, 145, 146, 148, 140, 150, 150,
  260, 221, 215, 206, 200, 196, 190, 187, 180, 169,
];

/** Radius of anything that is not in the table, Å. */
const DEFAULT_RADIUS = 1.5;

/** Covalent radius of an element, Å. */
export function covalentRadius(symbol: string): number {
  const z = ELEMENT_SYMBOLS.indexOf(symbol);
  const radius = z >= 1 ? RADII_PM[z - 1] : undefined;
  return radius === undefined ? DEFAULT_RADIUS : radius / 100;
}

export interface CoreSettings {
  /** A, eV. */
  readonly height: number;
  /** Factor on all covalent radii. */
  readonly scale: number;
}

export const CORE_DEFAULTS: CoreSettings = { height: 20, scale: 1 };

/** Adds energy, per-atom energies, forces and virial of the core to a result. */
export function addCoreRepulsion(
  configuration: Configuration,
  settings: CoreSettings,
  result: Evaluation,
): void {
  const radii = configuration.symbols.map((symbol) => settings.scale * covalentRadius(symbol));
  const cutoff = 2 * Math.max(...radii);
  const { start, neighbours, vectors } = neighbourPairs(configuration, cutoff);
  const { kinds } = configuration;
  for (let i = 0; i < kinds.length; i++) {
    for (let p = start[i]; p < start[i + 1]; p++) {
      const j = neighbours[p];
      const reach = radii[kinds[i]] + radii[kinds[j]];
      const [x, y, z] = [vectors[3 * p], vectors[3 * p + 1], vectors[3 * p + 2]];
      const inside = 1 - (x * x + y * y + z * z) / (reach * reach);
      if (inside <= 0) continue;
      // every pair comes twice: half of its energy each time
      const energy = 0.5 * settings.height * inside ** 3;
      result.energy += energy;
      result.atomEnergies[i] += energy;
      // −∂E/∂r_j of this half
      const push = (3 * settings.height * inside * inside) / (reach * reach);
      const vector = [x, y, z];
      for (let a = 0; a < 3; a++) {
        result.forces[3 * j + a] += push * vector[a];
        result.forces[3 * i + a] -= push * vector[a];
        for (let b = 0; b < 3; b++) result.virial[3 * a + b] += push * vector[a] * vector[b];
      }
    }
  }
}
