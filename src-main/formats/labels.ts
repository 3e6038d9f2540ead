/** Names under which files keep energies, forces and virials, and the conversions to this program's conventions. */
import { volume } from '../../src-compute/structure/cell.ts';

export type Quantity = 'energy' | 'forces' | 'virial' | 'stress';

/** Usual names of a quantity, in order of preference; W (eV) is a virial, σ (tension positive) a stress. */
const NAMES: Readonly<Record<Quantity, readonly string[]>> = {
  energy: [
    'energy',
    'free_energy',
    'total_energy',
    'potential_energy',
    'totenergy',
    'toten',
    'energies_total',
    'e_tot',
    'etot',
  ],
  forces: ['forces', 'force', 'f'],
  virial: ['virial', 'virials'],
  stress: ['stress', 'stresses'],
};

/**
 * Prefixes (or suffixes) of labels that come from a reference calculation, in order of preference; '' is none.
 * Labels with other prefixes (mace_energy) are predictions as a rule: they are taken only when someone says so.
 */
export const REFERENCES: readonly string[] = [
  '',
  'ref',
  'reference',
  'dft',
  'qm',
  'target',
  'label',
  'true',
  'abinitio',
  'vasp',
  'castep',
];

/** What a key is by its name: a quantity and where it comes from ('' for a bare name). */
export interface LabelName {
  readonly quantity: Quantity;
  readonly source: string;
  /** Place among the usual names of the quantity. */
  readonly rank: number;
}

/** What a key such as 'energy', 'REF_forces', 'energy_dft' or 'mace_stress' is; undefined when it is no label. */
export function labelNameOf(key: string): LabelName | undefined {
  const name = key.toLowerCase().replaceAll(/[-.\s]/g, '_');
  let best: (LabelName & { length: number }) | undefined;
  for (const quantity of Object.keys(NAMES) as Quantity[]) {
    NAMES[quantity].forEach((base, rank) => {
      const source =
        name === base
          ? ''
          : base.length === 1
            ? undefined
            : name.endsWith(`_${base}`)
              ? name.slice(0, -base.length - 1)
              : name.startsWith(`${base}_`)
                ? name.slice(base.length + 1)
                : undefined;
      if (source === undefined || (best !== undefined && best.length >= base.length)) return;
      best = { quantity, source, rank, length: base.length };
    });
  }
  return best && { quantity: best.quantity, source: best.source, rank: best.rank };
}

/** Keys that a caller names; undefined where the usual ones are wanted. */
export interface ChosenKeys {
  readonly energyKey?: string;
  readonly forcesKey?: string;
  readonly virialKey?: string;
  readonly stressKey?: string;
}

/** Which key holds which label. */
export interface LabelKeys {
  readonly energy?: string;
  readonly forces?: string;
  readonly virial?: string;
  readonly stress?: string;
  /** Prefix of the source that the labels are of; '' or undefined for bare names. */
  readonly source?: string;
  /** What was chosen among several possibilities, or left out, as sentences. */
  readonly notes: readonly string[];
}

/**
 * Chooses labels of one source: energy, forces and stress with the same prefix. The source is the one of the keys
 * that the caller names, else the reference that has energy and forces both, else the first in REFERENCES.
 * @param frameKeys keys of the frame
 * @param columns names of the per-atom columns that could be forces
 */
export function chooseLabels(
  frameKeys: readonly string[],
  columns: readonly string[],
  chosen: ChosenKeys,
): LabelKeys {
  const found = new Map<string, Partial<Record<Quantity, { key: string; rank: number }>>>();
  const add = (key: string, quantities: readonly Quantity[]) => {
    const name = labelNameOf(key);
    if (name === undefined || !quantities.includes(name.quantity)) return;
    const of = found.get(name.source) ?? {};
    found.set(name.source, of);
    const before = of[name.quantity];
    if (before === undefined || name.rank < before.rank) of[name.quantity] = { key, rank: name.rank };
  };
  for (const key of frameKeys) add(key, ['energy', 'virial', 'stress']);
  for (const column of columns) add(column, ['forces']);
  const named = (key: string | undefined, among: readonly string[]) =>
    key === undefined ? undefined : among.find((name) => name === key);
  const wanted = chosen.energyKey ?? chosen.forcesKey ?? chosen.virialKey ?? chosen.stressKey;
  const asked = wanted === undefined ? undefined : labelNameOf(wanted)?.source;
  const complete = (source: string) =>
    Number(found.get(source)?.energy !== undefined) + Number(found.get(source)?.forces !== undefined);
  const references = REFERENCES.filter((source) => found.has(source)).toSorted(
    (a, b) => complete(b) - complete(a),
  );
  const source = asked !== undefined && found.has(asked) ? asked : (references.at(0) ?? '');
  const own = found.get(source) ?? {};
  const notes: string[] = [];
  /** The label of the source, else that of another reference: then nothing contradicts it. */
  const pick = (quantity: 'energy' | 'forces') => {
    const key = own[quantity]?.key;
    if (key !== undefined) return key;
    const other = references
      .map((name) => found.get(name)?.[quantity]?.key)
      .find((name) => name !== undefined);
    if (other !== undefined && Object.keys(own).length > 0)
      notes.push(
        `Expected energy and forces under keys of one kind; "${other}" was taken beside "${Object.values(own)[0]?.key}", as there is no other.`,
      );
    return other;
  };
  const energy = chosen.energyKey === undefined ? pick('energy') : named(chosen.energyKey, frameKeys);
  const forces = chosen.forcesKey === undefined ? pick('forces') : named(chosen.forcesKey, columns);
  const given = chosen.virialKey !== undefined || chosen.stressKey !== undefined;
  const virial = given ? named(chosen.virialKey, frameKeys) : own.virial?.key;
  const stress =
    virial !== undefined ? undefined : given ? named(chosen.stressKey, frameKeys) : own.stress?.key;
  const rivals = references.filter((name) => name !== source && complete(name) > 0);
  if (
    asked === undefined &&
    complete(source) > 0 &&
    rivals.some((name) => found.get(name)?.energy?.key !== energy && found.get(name)?.forces?.key !== forces)
  ) {
    const keys = rivals.flatMap((name) => [found.get(name)?.energy?.key, found.get(name)?.forces?.key]);
    notes.push(
      `The labels were taken from ${quoted([energy, forces, virial ?? stress])}; there are also ${quoted(keys)}: name the keys to take those.`,
    );
  }
  if (virial === undefined && stress === undefined && !given) {
    const other = references
      .map((name) => found.get(name)?.virial?.key ?? found.get(name)?.stress?.key)
      .find((key) => key !== undefined);
    if (other !== undefined)
      notes.push(
        `Expected a virial or stress of the same source as ${quoted([energy, forces])}; "${other}" is of another one and was not taken: name its key to take it.`,
      );
  }
  return { energy, forces, virial, stress, source, notes };
}

function quoted(keys: readonly (string | undefined)[]): string {
  return keys
    .filter((key) => key !== undefined)
    .map((key) => `"${key}"`)
    .join(', ');
}

/** The key that the file uses: the first usual one, in any case of letters. */
export function findKey(present: Iterable<string>, usual: readonly string[]): string | undefined {
  const names = [...present];
  for (const key of usual) {
    const found = names.find((name) => name === key) ?? names.find((name) => name.toLowerCase() === key);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Full 3 × 3 tensor (row-major) from 9 components or from 6 in Voigt's order xx yy zz yz xz xy; undefined otherwise. */
export function tensorFromComponents(values: ArrayLike<number>): Float64Array | undefined {
  if (values.length === 9) return new Float64Array(values);
  if (values.length === 6) {
    const [xx, yy, zz, yz, xz, xy] = Array.from(values);
    return Float64Array.of(xx, xy, xz, xy, yy, yz, xz, yz, zz);
  }
  return undefined;
}

/**
 * Makes a tensor symmetric in place.
 * @returns largest difference of mirrored components
 */
export function symmetrise(tensor: Float64Array): number {
  return Math.max(level(tensor, 1, 3), level(tensor, 2, 6), level(tensor, 5, 7));
}

/** Makes two components their mean; returns how much they differed. */
function level(tensor: Float64Array, a: number, b: number): number {
  const difference = Math.abs(tensor[a] - tensor[b]);
  if (tensor[a] !== tensor[b]) tensor[a] = tensor[b] = 0.5 * (tensor[a] + tensor[b]);
  return difference;
}

/**
 * Virial from stress, W = −σV (docs/physics.md): σ in eV/Å³ with tension positive, W in eV.
 * @param factor eV/Å³ in the unit and sign of the stress given: −1/EV_PER_A3_IN_KBAR for VASP's "in kB"
 */
export function virialFromStress(
  stress: ArrayLike<number>,
  cell: ArrayLike<number>,
  factor = 1,
): Float64Array {
  const v = volume(cell);
  const virial = Float64Array.from(stress, (component) => -component * factor * v);
  for (let k = 0; k < 9; k++) if (virial[k] === 0) virial[k] = 0; // no negative zeros
  return virial;
}

/** Tensor times −1 where the caller says that the file's sign is the other one. */
export function withSign(tensor: Float64Array, sign: 1 | -1 | undefined): Float64Array {
  return sign === -1 ? tensor.map((component) => -component) : tensor;
}
