/** The lattice builder's form: which crystal, which species, how large, with which defects. */
import { computed, reactive, watch, type ComputedRef } from 'vue';
import type { StructureSourceInput } from '../../src-main/api/types.ts';

/** Lattices with the number of species each takes and a constant to start from, Å. */
export const LATTICES = [
  { value: 'diamond', title: 'Diamond', species: 1, a: 5.43 },
  { value: 'fcc', title: 'Face-centred cubic', species: 1, a: 4.05 },
  { value: 'bcc', title: 'Body-centred cubic', species: 1, a: 3.16 },
  { value: 'hcp', title: 'Hexagonal close-packed', species: 1, a: 2.95 },
  { value: 'rocksalt', title: 'Rocksalt', species: 2, a: 5.6 },
  { value: 'zincblende', title: 'Zincblende', species: 2, a: 5.65 },
  { value: 'fluorite', title: 'Fluorite', species: 2, a: 5.45 },
  { value: 'perovskite', title: 'Perovskite', species: 3, a: 3.95 },
] as const;
export type LatticeChoice = (typeof LATTICES)[number]['value'];

/** Lattice constants of elements in their usual structure, Å, as first guesses. */
const ELEMENT_LATTICE: Record<string, { lattice: LatticeChoice; a: number }> = {
  Si: { lattice: 'diamond', a: 5.43 },
  Ge: { lattice: 'diamond', a: 5.66 },
  C: { lattice: 'diamond', a: 3.57 },
  Mo: { lattice: 'bcc', a: 3.15 },
  W: { lattice: 'bcc', a: 3.16 },
  Fe: { lattice: 'bcc', a: 2.87 },
  Ta: { lattice: 'bcc', a: 3.3 },
  Nb: { lattice: 'bcc', a: 3.3 },
  Li: { lattice: 'bcc', a: 3.51 },
  Na: { lattice: 'bcc', a: 4.29 },
  Cu: { lattice: 'fcc', a: 3.61 },
  Ni: { lattice: 'fcc', a: 3.52 },
  Al: { lattice: 'fcc', a: 4.05 },
  Ag: { lattice: 'fcc', a: 4.09 },
  Au: { lattice: 'fcc', a: 4.08 },
  Pt: { lattice: 'fcc', a: 3.92 },
  Ar: { lattice: 'fcc', a: 5.26 },
  Mg: { lattice: 'hcp', a: 3.21 },
  Ti: { lattice: 'hcp', a: 2.95 },
  Zr: { lattice: 'hcp', a: 3.23 },
};

export interface LatticeForm {
  lattice: LatticeChoice;
  /** Å */
  a: number;
  /** c/a of hcp; ideal when absent. */
  covera: number | null;
  /** Species of the sites, in the lattice's order. */
  sites: string[];
  repeat: [number, number, number];
  vacancies: number;
  /** Axis across which a surface is opened, or none. */
  surfaceAxis: 0 | 1 | 2 | null;
  /** Å */
  vacuum: number;
  /** Species dealt at random over all sites. */
  alloy: boolean;
  /** Share of each species of an alloy. */
  shares: Record<string, number>;
}

export interface LatticeBuilder {
  readonly form: LatticeForm;
  /** What is to be built, once the numbers can be used. */
  readonly source: ComputedRef<StructureSourceInput | undefined>;
}

/**
 * State of the builder.
 * @param species what the potential knows
 * @param seed of random choices
 */
export function useLatticeForm(species: () => readonly string[], seed: () => number): LatticeBuilder {
  const form = reactive<LatticeForm>({
    lattice: 'diamond',
    a: 5.43,
    covera: null,
    sites: [],
    repeat: [3, 3, 3],
    vacancies: 0,
    surfaceAxis: null,
    vacuum: 12,
    alloy: false,
    shares: {},
  });

  watch(
    [species, () => form.lattice],
    ([known], before) => {
      const wanted = LATTICES.find(({ value }) => value === form.lattice)?.species ?? 1;
      form.sites = Array.from({ length: wanted }, (_, k) => {
        const chosen = form.sites[k];
        return chosen !== undefined && known.includes(chosen) ? chosen : (known[k] ?? known[0] ?? 'Si');
      });
      form.shares = Object.fromEntries(known.map((name) => [name, form.shares[name] ?? 1]));
      if (known.length < 2) form.alloy = false;
      const guess = ELEMENT_LATTICE[known[0] ?? ''];
      // another potential of one element: begin with its own crystal
      if (known.length === 1 && guess && before[0]?.join() !== known.join()) {
        form.lattice = guess.lattice;
        form.a = guess.a;
      }
    },
    { immediate: true },
  );

  const source = computed<StructureSourceInput | undefined>(() => {
    const repeat = form.repeat.map(Math.round) as [number, number, number];
    if (!(form.a > 0) || repeat.some((n) => !(n >= 1))) return undefined;
    const shares = Object.fromEntries(Object.entries(form.shares).filter(([, share]) => share > 0));
    const { surfaceAxis: axis, vacuum } = form;
    return {
      kind: 'lattice',
      lattice: form.lattice,
      symbols: [...form.sites],
      a: form.a,
      covera: form.lattice === 'hcp' ? (form.covera ?? undefined) : undefined,
      repeat,
      vacancies: form.vacancies,
      surface: axis === null || !(vacuum >= 1) ? undefined : { axis, vacuum },
      alloy: form.alloy && Object.keys(shares).length > 0 ? shares : undefined,
      seed: seed(),
    };
  });

  return { form, source };
}
