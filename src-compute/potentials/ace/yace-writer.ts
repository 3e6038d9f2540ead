/** Writes `.yace` files for `pair_style pace` of LAMMPS, to the last bit of every number. */
import { PotentialError } from '../../errors.ts';
import { isElement } from '../../structure/elements.ts';
import { densityCount, validateAceModel, type AceBond, type AceFunction, type AceModel } from './model.ts';

const list = (values: Iterable<number | string>) => `[${Array.from(values, String).join(', ')}]`;

/** `{a: 1, b: [2]}`; names and texts come from this file alone, numbers from the model. */
const record = (fields: Record<string, number | string>) =>
  `{${Object.entries(fields)
    .map(([key, value]) => `${key}: ${value}`)
    .join(', ')}}`;

function bondText(bond: AceBond, core: string): string {
  const { radialCount, lmax, baseCount, coefficients } = bond;
  const rows = Array.from({ length: radialCount }, (_, n) =>
    list(
      Array.from({ length: lmax + 1 }, (_row, l) => {
        const from = (n * (lmax + 1) + l) * baseCount;
        return list(coefficients.subarray(from, from + baseCount));
      }),
    ),
  );
  return record({
    ...{ nradmax: radialCount, lmax, nradbasemax: baseCount, radbasename: bond.radial },
    ...{ radparameters: list([bond.parameter]), radcoefficients: list(rows) },
    ...{ prehc: bond.corePrefactor, lambdahc: bond.coreExponent, rcut: bond.cutoff, dcut: bond.cutoffWidth },
    ...{ rcut_in: bond.innerCutoff, dcut_in: bond.innerWidth, inner_cutoff_type: core },
  });
}

function functionText(f: AceFunction, centre: number): string {
  const [rank, densities] = [f.neighbours.length, f.weights.length];
  return record({
    ...{ mu0: centre, rank, ndensity: densities, num_ms_combs: f.orders.length / rank },
    ...{ mus: list(f.neighbours), ns: list(f.radial), ls: list(f.angular), ms_combs: list(f.orders) },
    ctildes: list(f.couplings.map((c, k) => c * f.weights[k % densities])),
  });
}

/**
 * The file's text in pieces.
 * @throws PotentialError where a species is no element, which LAMMPS could not be told
 */
export function* formatYace(model: AceModel): Generator<string> {
  validateAceModel(model);
  const { species, isolated, tableSpacing, embeddings, bonds, core, functions } = model;
  const odd = species.find((name) => !isElement(name));
  if (odd !== undefined)
    throw new PotentialError(`A .yace file names elements, and ${JSON.stringify(odd)} is none.`, {
      remedy: 'Rename the species of the potential.',
    });
  yield `elements: ${list(species)}\nE0: ${list(isolated)}\ndeltaSplineBins: ${tableSpacing}\nembeddings:\n`;
  for (const [s, { kind, weights, exponents, coreCutoff, coreWidth }] of embeddings.entries()) {
    const parameters = Array.from(weights).flatMap((w, p) => [w, exponents[p]]);
    yield `  ${s}: ${record({
      ...{ ndensity: densityCount(model, s), FS_parameters: list(parameters), npoti: kind },
      ...{ rho_core_cutoff: coreCutoff, drho_core_cutoff: coreWidth },
    })}\n`;
  }
  yield 'bonds:\n';
  for (const [k, bond] of bonds.entries())
    yield `  [${Math.floor(k / species.length)}, ${k % species.length}]: ${bondText(bond, core)}\n`;
  yield 'functions:\n';
  for (const [s, own] of functions.entries()) {
    yield own.length === 0 ? `  ${s}: []\n` : `  ${s}:\n`;
    for (const f of own) yield `    - ${functionText(f, s)}\n`;
  }
}
