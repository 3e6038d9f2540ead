/**
 * What is asked of a potential where its data end. Each condition is a floor under the energy of one structure, or under
 * what it rises by from one structure to a closer one. Floors are far below what first principles give (a seventh of the
 * rise of the bare nuclei's repulsion for bulk matter), so that they bind where a fit falls into a hole and nowhere else.
 *
 * - No structure lies below the lowest of the data by more than their spread.
 * - Beyond the densest of the data, matter under compression costs energy, step by step.
 * - Two atoms that come closer than any two in the data rise by what the repulsion of their nuclei does.
 *
 * "Dense" is measured by ζ, the bare ZBL repulsion of all pairs within the cutoff per atom, which grows with compression and
 * with every close pair alike.
 */
import { atomCount, type Configuration } from '../../structure/configuration.ts';
import { neighbourPairs } from '../../structure/neighbour-list.ts';
import { screenedRepulsion, zblFunctions, type ZblModel } from '../../potentials/pair/zbl.ts';
import { crowdingWeight, type CrowdingModel } from '../../potentials/crowding/model.ts';
import { atomicNumber } from '../../structure/elements.ts';
import { approach, BINARY, cluster, compressed, crystal, ELEMENTAL, randomPacking } from './structures.ts';
import type { ShortestDistances } from './radii.ts';

/** A structure and its repulsion. */
export interface Probe {
  readonly configuration: Configuration;
  /** What it is, for people: "fcc Si, 2.10 Å". */
  readonly name: string;
  /** Bare repulsion of all pairs, eV. */
  readonly bare: number;
  /** The repulsive term of the potential, eV. */
  readonly term: number;
  /** Σ x^p of the crowding over the atoms of each species, species × powers: what its amplitudes multiply. */
  readonly crowding: Float64Array;
}

/** E(upper) − E(lower) ≥ floor, or E(upper) ≥ floor; with `isCeiling` the other way round. */
export interface Condition {
  readonly upper: Probe;
  readonly lower?: Probe;
  /** eV */
  readonly floor: number;
  /** What may be missing, eV. */
  readonly tolerance: number;
  readonly isCeiling?: boolean;
  /** To be met whatever it costs the data. */
  readonly isHard?: boolean;
}

/** What the data say of energies and densities. */
export interface DataFacts {
  readonly species: readonly string[];
  readonly cutoff: number;
  readonly shortest: ShortestDistances;
  readonly zbl: ZblModel;
  readonly crowding: CrowdingModel;
  /** Energy of an atom of each species in the data, by least squares on the composition, eV. */
  readonly energies: Float64Array;
  /** How far below these the lowest configuration lies, eV/atom, ≥ 0. */
  readonly depth: number;
  /** Root mean square deviation from them, eV/atom. */
  readonly spread: number;
  /** Largest ζ of the data, eV/atom. */
  readonly densest: number;
  /** Configurations of the data to compress and to let atoms approach in. */
  readonly examples: readonly Configuration[];
  /** Whether atoms are to repel; else only the energies of isolated atoms are asked for. */
  readonly repels: boolean;
  /** Energies of isolated atoms that the potential is to have, by species; NaN where it is free, eV. */
  readonly isolated: Float64Array;
  /** Species of which there is so little that their atoms' energy may be anything; they are held near `energies`. */
  readonly rare: readonly boolean[];
}

/** An atom of a rare species is worth at most so much more than in the data, eV: above the strongest cohesion. */
const LARGEST_COHESION = 10;

/** Share of the rise of ζ that compressed matter rises by at least. */
const BULK_SHARE = 0.15;
/** Bounds of the margin below the lowest energy of the data, eV/atom. */
const [LEAST_MARGIN, LARGEST_MARGIN] = [0.5, 1];
/** Below this part of the contact distance the repulsion is that of bare nuclei. */
const FULLY_SET_IN = 0.82;
/** Random packings. */
const PACKINGS = 32;
/** Share of the rise of the bare repulsion that is asked for while it is still setting in. */
const EARLY_SHARE = 0.5;
/** Compression ends where ζ is so much larger than in the data, eV/atom, or at this part of the shortest distance. */
const ENOUGH = 60;
const CLOSEST = 0.42;

/** Makes the conditions of a potential. */
export class ConditionMaker {
  private readonly facts: DataFacts;
  private readonly functions: ReturnType<typeof zblFunctions>;
  private readonly numbers: readonly number[];
  private readonly random: () => number;
  private readonly out = new Float64Array(3);
  readonly conditions: Condition[] = [];

  /** @param random uniform in [0, 1): other numbers, other packings and other steps of compression */
  constructor(facts: DataFacts, random: () => number) {
    this.facts = facts;
    this.functions = facts.repels ? zblFunctions(facts.zbl) : [];
    this.numbers = facts.species.map((symbol) => atomicNumber(symbol) ?? 1);
    this.random = random;
  }

  /** All conditions. */
  make(): readonly Condition[] {
    const { species } = this.facts;
    this.isolatedAtoms();
    if (!this.facts.repels) return this.conditions;
    for (const symbol of species) for (const lattice of ELEMENTAL) this.compressCrystal(lattice, [symbol]);
    species.forEach((a, i) => {
      for (const b of species.slice(i + 1)) {
        for (const lattice of BINARY) this.compressCrystal(lattice, [a, b]);
      }
    });
    species.forEach((a, i) => {
      for (const b of species.slice(i)) this.dimer(a, b);
    });
    this.trimers();
    this.packings();
    for (const example of this.facts.examples) {
      this.compressExample(example);
      this.approaches(example);
    }
    return this.conditions;
  }

  /** An atom far from everything has the energy that was announced for it; that of a rare species is near its own. */
  private isolatedAtoms(): void {
    const { species, isolated, energies, depth, rare } = this.facts;
    species.forEach((symbol, z) => {
      const isKnown = Number.isFinite(isolated[z]);
      if (!isKnown && !rare[z]) return;
      const upper = this.probe(cluster([symbol], [0, 0, 0]), `isolated ${symbol}`);
      const [floor, ceiling] = isKnown
        ? [isolated[z], isolated[z]]
        : [energies[z] - depth - this.margin, energies[z] + LARGEST_COHESION];
      const condition = { upper, tolerance: isKnown ? 1e-7 : 0.01, isHard: true };
      this.conditions.push({ ...condition, floor }, { ...condition, floor: ceiling, isCeiling: true });
    });
  }

  probe(configuration: Configuration, name: string): Probe {
    const { species, cutoff, crowding: crowded } = this.facts;
    const { ranges, thresholds, powers } = crowded;
    const crowding = new Float64Array(species.length * powers.length);
    const pairs = neighbourPairs(configuration, cutoff);
    const toSpecies = configuration.symbols.map((symbol) => species.indexOf(symbol));
    let [bare, term] = [0, 0];
    for (let i = 0; i < configuration.kinds.length; i++) {
      const zi = toSpecies[configuration.kinds[i]];
      let density = 0;
      for (let p = pairs.start[i]; p < pairs.start[i + 1]; p++) {
        const zj = toSpecies[configuration.kinds[pairs.neighbours[p]]];
        const r = Math.hypot(pairs.vectors[3 * p], pairs.vectors[3 * p + 1], pairs.vectors[3 * p + 2]);
        bare += this.bare(zi, zj, r) / 2;
        density += crowdingWeight(r, ranges[zi * species.length + zj]);
        if (!this.facts.repels) continue;
        this.functions[zi * species.length + zj].evaluate(r, this.out);
        term += this.out[0] / 2;
      }
      const x = Math.max(0, density / thresholds[zi] - 1);
      powers.forEach((p, k) => (crowding[zi * powers.length + k] += x ** p));
    }
    return { configuration, name, bare, term, crowding };
  }

  /** ζ of a pair, eV. */
  private bare(zi: number, zj: number, r: number): number {
    const [a, b] = [this.numbers[zi], this.numbers[zj]];
    screenedRepulsion(a * b, 0.4685 / (a ** 0.23 + b ** 0.23), r, this.out);
    return this.out[0];
  }

  private get margin(): number {
    return Math.min(LARGEST_MARGIN, Math.max(LEAST_MARGIN, this.facts.spread));
  }

  /** No lower than the data, and above them by a share of ζ beyond theirs. */
  private floorUnder(probe: Probe): void {
    const { species, energies, depth, densest } = this.facts;
    const { kinds, symbols } = probe.configuration;
    const n = kinds.length;
    let floor = -n * (depth + this.margin) + BULK_SHARE * Math.max(0, probe.bare - n * densest);
    for (const kind of kinds) floor += energies[species.indexOf(symbols[kind])];
    this.conditions.push({ upper: probe, floor, tolerance: 0.01 * n });
  }

  private riseBetween(lower: Probe, upper: Probe, floor: number): void {
    const n = atomCount(upper.configuration);
    this.conditions.push({ upper, lower, floor, tolerance: Math.max(0.02 * Math.abs(floor), 1e-3 * n) });
  }

  /** Steps of compression from the density of the data on: floors, and rises from step to step. */
  private compressFrom(
    at: (factor: number) => Configuration,
    name: (factor: number) => string,
    last: number,
    risesBelow = Infinity,
  ): void {
    const { densest } = this.facts;
    let before: Probe | undefined;
    const step = 0.955 + 0.02 * this.random();
    for (let factor = 1; factor > last; factor *= step) {
      const probe = this.probe(at(factor), name(factor));
      const n = atomCount(probe.configuration);
      this.floorUnder(probe);
      if (before && factor < risesBelow && before.bare >= n * densest) {
        this.riseBetween(before, probe, BULK_SHARE * (probe.bare - before.bare));
      }
      before = probe;
      if (probe.bare > n * (densest + ENOUGH)) return;
    }
  }

  private compressCrystal(lattice: (typeof ELEMENTAL)[number], symbols: readonly string[]): void {
    const { species, shortest } = this.facts;
    const [a, b] = [species.indexOf(symbols[0]), species.indexOf(symbols[symbols.length - 1])];
    const nearest = this.contact(a, b);
    const isKnown = Number.isFinite(shortest[a * species.length + b]);
    // crystals stretched to twice the contact distance are outside of what a potential of dense matter can know
    const widest = isKnown ? 1.35 : 1.25;
    const title = `${lattice.name} ${symbols.join('')}`;
    this.compressFrom(
      (factor) => crystal(lattice, symbols, widest * nearest * factor),
      (factor) => `${title}, ${(widest * nearest * factor).toFixed(2)} Å`,
      CLOSEST / widest,
      // atoms that the data never have together do nothing to each other until their repulsion has set in
      isKnown ? Infinity : FULLY_SET_IN / widest,
    );
  }

  /** Closest distance of two species: of the data, or where the repulsion sets in. */
  private contact(a: number, b: number): number {
    const { species, shortest, zbl } = this.facts;
    const pair = a * species.length + b;
    return Number.isFinite(shortest[pair]) ? shortest[pair] : (zbl.radii?.outer[pair] ?? zbl.cutoff);
  }

  private compressExample(example: Configuration): void {
    if (!example.periodic.every(Boolean)) return;
    const formula = `${example.kinds.length} atoms of the data`;
    this.compressFrom(
      (factor) => compressed(example, factor),
      (factor) => `${formula} compressed to ${(100 * factor ** 3).toFixed(0)} % of their volume`,
      0.5,
    );
  }

  /** Distances of an approach: a few above those of the data, then closer and closer. */
  private distances(contact: number, start: number): number[] {
    const list: number[] = [];
    const shift = 0.02 * this.random();
    for (const part of [1, 0.97, 0.94, 0.91, 0.88, 0.84, 0.78, 0.7, 0.6, 0.5, 0.4, 0.28]) {
      const r = (part - shift * part) * contact;
      if (r < start) list.push(r);
    }
    return list;
  }

  /** What is asked of a step that ends at a part of the contact distance. */
  private risen(part: number, rise: number): number {
    return part > FULLY_SET_IN ? EARLY_SHARE * rise : rise;
  }

  private dimer(a: string, b: string): void {
    const { species, cutoff } = this.facts;
    const [za, zb] = [species.indexOf(a), species.indexOf(b)];
    const contact = this.contact(za, zb);
    const at = (r: number) =>
      this.probe(cluster([a, b], [0, 0, 0, r, 0, 0]), `dimer ${a}–${b}, ${r.toFixed(2)} Å`);
    for (let r = contact; r < cutoff; r += 0.15) this.floorUnder(at(r));
    // two atoms that the data never have together are held apart by the repulsion alone
    if (!Number.isFinite(this.facts.shortest[za * species.length + zb])) return;
    let before: Probe | undefined;
    for (const r of this.distances(contact, Infinity)) {
      const probe = at(r);
      if (before) this.riseBetween(before, probe, this.risen(r / contact, probe.bare - before.bare));
      before = probe;
    }
  }

  private trimers(): void {
    const { species } = this.facts;
    species.forEach((a, i) =>
      species.forEach((b, j) =>
        species.slice(j).forEach((c, k) => {
          const [first, second] = [this.contact(i, j), this.contact(i, j + k)];
          for (const angle of [55, 75, 100, 130, 180]) {
            for (const part of [1.3, 1.1, 0.95, 0.85, 0.7, 0.55]) {
              const [p, q] = [part * first * (1 + 0.06 * this.random()), part * second];
              const theta = (angle * Math.PI) / 180;
              const positions = [0, 0, 0, p, 0, 0, q * Math.cos(theta), q * Math.sin(theta), 0];
              const name = `trimer ${b}–${a}–${c}, ${p.toFixed(2)} Å, ${angle}°`;
              this.floorUnder(this.probe(cluster([a, b, c], positions), name));
            }
          }
        }),
      ),
    );
  }

  private packings(): void {
    const { species } = this.facts;
    const closest = (a: string, b: string) => this.contact(species.indexOf(a), species.indexOf(b));
    for (let k = 0; k < PACKINGS; k++) {
      const n = 4 + Math.floor(7 * this.random());
      const pure = species.length === 1 || this.random() < 0.3;
      const first = Math.floor(species.length * this.random());
      const symbols = Array.from({ length: n }, () =>
        pure ? species[first] : species[Math.floor(species.length * this.random())],
      );
      const density = 0.5 + 1.3 * this.random();
      const nearest = 0.5 + 0.5 * this.random();
      const packing = randomPacking(symbols, closest, density, nearest, this.random);
      this.compressFrom(
        (factor) => compressed(packing, factor),
        (factor) => `random packing of ${n} atoms, ${(nearest * factor).toFixed(2)} of the closest distance`,
        0.75,
      );
    }
  }

  /** An atom of an example towards its neighbour. */
  private approaches(example: Configuration): void {
    const { species, cutoff } = this.facts;
    const atom = Math.floor(this.random() * example.kinds.length);
    const path = approach(example, atom, Math.min(cutoff, 4));
    if (!path) return;
    const [a, b] = path.symbols.map((symbol) => species.indexOf(symbol));
    let before: { probe: Probe; r: number } | undefined;
    const contact = this.contact(a, b);
    for (const r of this.distances(contact, path.start)) {
      const probe = this.probe(
        path.at(r),
        `${path.symbols.join('–')} approach in the data, ${r.toFixed(2)} Å`,
      );
      if (before) {
        const rise = this.bare(a, b, r) - this.bare(a, b, before.r);
        this.riseBetween(before.probe, probe, this.risen(r / contact, rise));
      }
      before = { probe, r };
    }
  }
}
