/**
 * Force engine of the WebAssembly backend: neighbour list with Verlet skin, generated kernels, sums.
 *
 * Atoms are sorted and copied into periodic images (structure/periodic-images.ts), so that kernels see plain Cartesian
 * differences. The work is cut into slices of the sorted atoms (layout.ts), each with forces of its own, which are
 * added up slice by slice at the end: the result does not depend on the number of threads.
 */
import { StructureError } from '../../errors.ts';
import { emptyEvaluation } from '../../potentials/potential.ts';
import type { BackendName, Evaluation, ForceEngine, PotentialModelBase } from '../../potentials/potential.ts';
import { FoundNeighbours, searchNeighbours } from '../../structure/neighbour-search.ts';
import { PeriodicImages } from '../../structure/periodic-images.ts';
import { VerletSkin } from '../../structure/verlet-skin.ts';
import type { AtomsOfEngine } from '../atoms.ts';
import { speciesOfAtoms } from '../species.ts';
import { SLICE, sliceCount } from './layout.ts';
import { EngineMemory } from './memory.ts';
import { kernelExport } from './program.ts';
import type { Program } from './program.ts';
import { instantiate } from './runtime.ts';
import type { WasmExports } from './runtime.ts';

/** Atoms per call of a kernel: V8 replaces code by its optimised form between calls only. */
const ATOMS_PER_CALL = 64;

export class WasmForceEngine implements ForceEngine {
  readonly backend: BackendName;
  readonly threads = 1;
  result: Evaluation;
  neighbourListBuilds = 0;
  /** Mean number of neighbours within the cutoff plus skin. */
  listedNeighboursPerAtom = 0;

  private readonly program: Program;
  private readonly model: PotentialModelBase;
  private readonly exports: WasmExports;
  private readonly memory: EngineMemory;
  private readonly images = new PeriodicImages();
  private readonly found = new FoundNeighbours();
  private readonly skin: number;
  private verlet: VerletSkin;
  private atoms: AtomsOfEngine;
  private species: Int32Array;
  private regions: Regions | undefined;

  constructor(model: PotentialModelBase, program: Program, atoms: AtomsOfEngine, skin: number) {
    this.model = model;
    this.program = program;
    this.skin = skin;
    this.backend = program.lanes.bytes === 8 ? 'wasm' : 'wasm-f32';
    this.memory = new EngineMemory(program.end, program.shared);
    this.exports = instantiate(program.module, this.memory.memory);
    program.kernels.forEach((kernel, k) =>
      kernel.writeCoefficients(this.memory.buffer, program.coefficientAddresses[k]),
    );
    this.atoms = atoms;
    this.species = speciesOfAtoms(model.species, atoms);
    this.result = emptyEvaluation(atoms.kinds.length);
    this.verlet = new VerletSkin(model.cutoff, skin, atoms.periodic);
  }

  /** Bytes of memory for the present atoms. */
  get memoryBytes(): number {
    return this.memory.bytes;
  }

  /** Goes over to other atoms; the next compute builds a new list. */
  setAtoms(atoms: AtomsOfEngine): void {
    this.species = speciesOfAtoms(this.model.species, atoms);
    this.atoms = atoms;
    this.result = emptyEvaluation(atoms.kinds.length);
    this.verlet = new VerletSkin(this.model.cutoff, this.skin, atoms.periodic);
  }

  setKinds(kinds: Uint16Array): void {
    this.atoms = { ...this.atoms, kinds: kinds.slice() };
    this.species = speciesOfAtoms(this.model.species, this.atoms);
    if (this.regions) this.writeSpecies(this.regions.species);
  }

  forgetNeighbours(): void {
    this.verlet.invalidate();
  }

  compute(positions: Float64Array, cell: Float64Array): void {
    const n = this.species.length;
    if (positions.length !== 3 * n) {
      throw new StructureError(`${n} atoms need ${3 * n} coordinates, and ${positions.length} were given.`);
    }
    if (n === 0) return;
    if (this.verlet.outdated(positions, cell)) this.rebuild(positions, cell);
    else this.refresh(positions, cell);
    this.clear();
    this.computeSlices();
    this.collect(positions);
  }

  dispose(): void {
    this.regions = undefined;
  }

  private refresh(positions: Float64Array, cell: Float64Array): void {
    const entryPositions = this.memory.float64(this.regionsNow.positions, 4 * this.images.entryCount);
    this.images.refresh(positions, cell, this.atoms.periodic, entryPositions);
  }

  private get regionsNow(): Regions {
    if (!this.regions) throw new Error('the engine has no neighbour list yet');
    return this.regions;
  }

  /** Sorts atoms, makes images, lists neighbours, and lays out memory. */
  private rebuild(positions: Float64Array, cell: Float64Array): void {
    const { images, memory, found, program } = this;
    this.verlet.invalidate();
    images.build(positions, cell, this.atoms.periodic, this.model.cutoff + this.skin);
    const [n, entries] = [images.atomCount, images.entryCount];
    memory.reset(program.end);
    const regions: Regions = {
      positions: memory.reserve(32 * entries),
      species: memory.reserve(4 * entries),
      locals: memory.reserve(4 * n),
      rowAddresses: memory.reserve(4 * n),
      rowCounts: memory.reserve(4 * n),
      energies: memory.reserve(8 * n),
    };
    this.regions = regions;
    this.refresh(positions, cell);
    const range = this.model.cutoff + this.skin;
    const rowCounts = memory.int32(regions.rowCounts, n);
    searchNeighbours(images, memory.float64(regions.positions, 4 * entries), range, 0, n, rowCounts, found);
    this.listedNeighboursPerAtom = found.count / n;
    const list = memory.reserve(4 * found.count);
    memory.int32(list, found.count).set(found.entries.subarray(0, found.count));
    memory.int32(regions.locals, n).set(images.locals);
    this.writeSpecies(regions.species);
    const longestRow = this.writeRows(regions, list);
    for (const [name, address] of Object.entries(regions)) memory.setContext(name as keyof Regions, address);
    memory.setContext('longestRow', longestRow);
    this.makeSlices(regions);
    const scratch = Math.max(...program.kernels.map((kernel) => kernel.scratchBytes(longestRow)));
    this.scratch = memory.reserve(scratch);
    this.verlet.remember(positions, cell);
    this.neighbourListBuilds++;
  }

  private scratch = 0;
  private slices: SliceForces[] = [];

  private writeSpecies(address: number): void {
    const { images, species } = this;
    const view = this.memory.int32(address, images.entryCount);
    for (let k = 0; k < view.length; k++) view[k] = species[images.owners[k]];
  }

  /** Addresses of the rows; returns the length of the longest. */
  private writeRows(regions: Regions, list: number): number {
    const n = this.images.atomCount;
    const addresses = this.memory.int32(regions.rowAddresses, n);
    const counts = this.memory.int32(regions.rowCounts, n);
    let address = list;
    let longest = 0;
    for (let l = 0; l < n; l++) {
      addresses[l] = address;
      address += 4 * counts[l];
      longest = Math.max(longest, counts[l]);
    }
    return longest;
  }

  /** Cuts the local atoms into slices and gives each forces for the entries that it touches. */
  private makeSlices(regions: Regions): void {
    const { images, memory, program } = this;
    const n = images.atomCount;
    const count = sliceCount(n);
    this.slices = [];
    for (let s = 0; s < count; s++) {
      const first = Math.floor((n * s) / count);
      const last = Math.floor((n * (s + 1)) / count);
      const [firstEntry, lastEntry] = this.touchedEntries(regions, first, last);
      const address = memory.reserve((lastEntry - firstEntry) * program.forceStride);
      const words = memory.int32(SLICE.base + s * SLICE.bytes, SLICE.bytes / 4);
      words.fill(0);
      words[SLICE.first / 4] = first;
      words[SLICE.last / 4] = last;
      words[SLICE.forces / 4] = address - firstEntry * program.forceStride;
      words[SLICE.firstEntry / 4] = firstEntry;
      words[SLICE.lastEntry / 4] = lastEntry;
      this.slices.push({ address, firstEntry, lastEntry, first, last });
    }
  }

  /** Rows are ascending, so that their ends tell which entries a slice touches. */
  private touchedEntries(regions: Regions, first: number, last: number): [number, number] {
    const { memory, images } = this;
    const n = images.atomCount;
    const addresses = memory.int32(regions.rowAddresses, n);
    const counts = memory.int32(regions.rowCounts, n);
    const words = new Int32Array(memory.buffer, 0, memory.buffer.byteLength >>> 2);
    let low = images.locals[first];
    let high = images.locals[last - 1];
    if (!this.program.kernels.some((kernel) => kernel.scattersForces)) return [low, high + 1];
    for (let l = first; l < last; l++) {
      if (counts[l] === 0) continue;
      low = Math.min(low, words[addresses[l] >>> 2]);
      high = Math.max(high, words[(addresses[l] >>> 2) + counts[l] - 1]);
    }
    return [low, high + 1];
  }

  private clear(): void {
    const { memory } = this;
    memory.float64(this.regionsNow.energies, this.images.atomCount).fill(0);
    this.slices.forEach((slice, s) => {
      const bytes = (slice.lastEntry - slice.firstEntry) * this.program.forceStride;
      new Uint8Array(memory.buffer, slice.address, bytes).fill(0);
      const base = SLICE.base + s * SLICE.bytes;
      memory.int32(base + SLICE.tooClose, 1)[0] = 0;
      memory.float64(base + SLICE.virial, 6).fill(0);
    });
  }

  private computeSlices(): void {
    this.slices.forEach((slice, s) => {
      const base = SLICE.base + s * SLICE.bytes;
      this.program.kernels.forEach((_, k) => {
        const kernel = this.exports[kernelExport(k)];
        for (let first = slice.first; first < slice.last; first += ATOMS_PER_CALL) {
          kernel(base, this.scratch, first, Math.min(slice.last, first + ATOMS_PER_CALL));
        }
      });
    });
  }

  /** Adds up what the slices hold, in the order of the user's atoms. */
  private collect(positions: Float64Array): void {
    const { result, images, memory, program } = this;
    const { owners, locals } = images;
    const { forces, atomEnergies, virial } = result;
    const energies = memory.float64(this.regionsNow.energies, images.atomCount);
    result.energy = 0;
    for (let l = 0; l < locals.length; l++) {
      atomEnergies[owners[locals[l]]] = energies[l];
      result.energy += energies[l];
    }
    forces.fill(0);
    const sums = new Float64Array(6);
    this.slices.forEach((slice, s) => {
      const base = SLICE.base + s * SLICE.bytes;
      const tooClose = memory.int32(base + SLICE.tooClose, 1)[0];
      if (tooClose > 0) throw this.overlap(positions, owners[locals[tooClose - 1]]);
      memory.float64(base + SLICE.virial, 6).forEach((value, k) => (sums[k] += value));
      const length = 4 * (slice.lastEntry - slice.firstEntry);
      const view =
        program.lanes.bytes === 8
          ? memory.float64(slice.address, length)
          : memory.float32(slice.address, length);
      addForces(forces, owners, slice.firstEntry, view);
    });
    // W_ab = −Σ r_a ∂E/∂r_b
    const [xx, yy, zz, yz, xz, xy] = sums;
    virial.set([-xx, -xy, -xz, -xy, -yy, -yz, -xz, -yz, -zz]);
    if (!Number.isFinite(result.energy)) {
      throw new StructureError(
        'The energy is not a finite number: the potential overflows for this structure.',
        {
          remedy: 'Check for atoms that are much too close, and the coefficients of the potential.',
        },
      );
    }
  }

  private overlap(positions: Float64Array, atom: number): StructureError {
    const { images } = this;
    const entryPositions = this.memory.float64(this.regionsNow.positions, 4 * images.entryCount);
    const self = images.locals.find((entry) => images.owners[entry] === atom) ?? 0;
    let nearest = Infinity;
    let other = -1;
    for (let k = 0; k < images.entryCount; k++) {
      if (k === self) continue;
      const distance = Math.hypot(
        entryPositions[4 * k] - entryPositions[4 * self],
        entryPositions[4 * k + 1] - entryPositions[4 * self + 1],
        entryPositions[4 * k + 2] - entryPositions[4 * self + 2],
      );
      if (distance < nearest) [nearest, other] = [distance, images.owners[k]];
    }
    const whom = other === atom ? 'its own periodic image' : `atom ${other + 1}`;
    const where = Array.from(positions.subarray(3 * atom, 3 * atom + 3), (x) => x.toFixed(3)).join(', ');
    return new StructureError(
      `Atom ${atom + 1} at (${where}) Å and ${whom} are ${nearest.toPrecision(2)} Å apart: they overlap.`,
      {
        remedy:
          'Remove one of them, or check the cell and its units (Å); in a simulation use a smaller time step.',
      },
    );
  }
}

/** Addresses of the regions; the names are those of CONTEXT. */
interface Regions {
  readonly positions: number;
  readonly species: number;
  readonly locals: number;
  readonly rowAddresses: number;
  readonly rowCounts: number;
  readonly energies: number;
}

interface SliceForces {
  readonly address: number;
  readonly firstEntry: number;
  readonly lastEntry: number;
  readonly first: number;
  readonly last: number;
}

function addForces(
  forces: Float64Array,
  owners: Int32Array,
  firstEntry: number,
  view: Float64Array | Float32Array,
): void {
  for (let k = 0; k < view.length; k += 4) {
    const atom = 3 * owners[firstEntry + (k >> 2)];
    forces[atom] += view[k];
    forces[atom + 1] += view[k + 1];
    forces[atom + 2] += view[k + 2];
  }
}
