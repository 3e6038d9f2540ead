/**
 * What surrounds the kernels in every step, as generated code for any number of threads: positions of the entries from
 * those of the atoms, clean slices, and forces and energies of the atoms from those of the slices.
 */
import { f32, f64, i32 } from '../encoder/index.ts';
import type { Expression, FunctionBody, Lanes, Local, ModuleBuilder } from '../encoder/index.ts';
import { CONTEXT, SLICE } from '../layout.ts';
import { forceStride } from './kernel.ts';
import { zeroFill } from './loops.ts';

const word = (place: number) => i32.load(place);
const word4 = (base: Expression<'i32'>, index: Expression<'i32'>) =>
  i32.load(i32.add(base, i32.shl(index, 2)));

/**
 * Adds the function `refresh` (first, last): positions of the entries first … last − 1, atom + a·A + b·B + c·C with the
 * lattice vectors at CONTEXT.cell.
 */
export function generateRefresh(module: ModuleBuilder): void {
  module.function({ export: 'refresh', parameters: ['i32', 'i32'] }, (code, first, last) => {
    const cell = Array.from({ length: 9 }, (_, k) => code.let(f64.load(CONTEXT.cell + 8 * k)));
    const owners = code.let(word(CONTEXT.owners));
    const shift = code.let(i32.add(word(CONTEXT.shifts), i32.mul(first, 12)));
    const target = code.let(i32.add(word(CONTEXT.positions), i32.shl(first, 5)));
    const atoms = code.let(word(CONTEXT.atomPositions));
    const entry = code.local('i32');
    code.for(entry, first, last, 1, () => {
      const atom = code.let(i32.add(atoms, i32.mul(word4(owners, entry), 24)));
      const [a, b, c] = [0, 4, 8].map((offset) => code.let(f64.convertI32(i32.load(shift, offset))));
      for (let axis = 0; axis < 3; axis++) {
        const along = [a, b, c].map((n, k) => f64.mul(n, cell[3 * k + axis]));
        const sum = along.reduce((x: Expression<'f64'>, y) => f64.add(x, y), f64.load(atom, 8 * axis));
        code.store(f64, target, sum, 8 * axis);
      }
      code.store(f64, target, 0, 24);
      code.set(shift, i32.add(shift, 12));
      code.set(target, i32.add(target, 32));
    });
  });
}

/** Adds the function `clearSlice` (slice): zeroes everything that kernels add to. */
export function generateClearSlice(module: ModuleBuilder, lanes: Lanes): void {
  module.function({ export: 'clearSlice', parameters: ['i32'] }, (code, slice) => {
    const stride = forceStride(lanes);
    const address = code.local('i32');
    const place = (entry: number) =>
      code.let(i32.add(i32.load(slice, SLICE.forces), i32.mul(i32.load(slice, entry), stride)));
    const end = place(SLICE.lastEntry);
    code.for(address, place(SLICE.firstEntry), end, stride, () => zeroFill(code, lanes, address, stride));
    const energy = (local: number) => i32.add(word(CONTEXT.energies), i32.shl(i32.load(slice, local), 3));
    const lastEnergy = code.let(energy(SLICE.last));
    code.for(address, energy(SLICE.first), lastEnergy, 8, () => code.store(f64, address, 0));
    for (let k = 0; k < 6; k++) code.store(f64, slice, 0, SLICE.virial + 8 * k);
    code.store(i32, slice, 0, SLICE.tooClose);
  });
}

/**
 * Adds the function `collect` (first, last): forces and energies of the atoms first … last − 1. The force on an atom is
 * the sum over its entries and over the slices that touch them, in a fixed order.
 */
export function generateCollect(module: ModuleBuilder, lanes: Lanes): void {
  module.function({ export: 'collect', parameters: ['i32', 'i32'] }, (code, first, last) => {
    const copyStart = code.let(word(CONTEXT.copyStart));
    const copies = code.let(word(CONTEXT.copies));
    const forces = code.let(i32.add(word(CONTEXT.atomForces), i32.mul(first, 24)));
    const energies = code.let(word(CONTEXT.atomEnergies));
    const atom = code.local('i32');
    code.for(atom, first, last, 1, () => {
      const sums = [0, 1, 2].map(() => code.let(f64.const(0)));
      const copy = code.local('i32');
      const from = i32.add(copies, i32.shl(word4(copyStart, atom), 3));
      const to = code.let(i32.add(copies, i32.shl(word4(copyStart, i32.add(atom, 1)), 3)));
      code.for(copy, from, to, 8, () => addSlices(code, lanes, copy, sums));
      sums.forEach((sum, axis) => code.store(f64, forces, sum, 8 * axis));
      code.set(forces, i32.add(forces, 24));
      const local = word4(word(CONTEXT.localOfAtom), atom);
      const energy = f64.load(i32.add(word(CONTEXT.energies), i32.shl(local, 3)));
      code.store(f64, i32.add(energies, i32.shl(atom, 3)), energy);
    });
  });
}

/** Adds the forces that the slices have for one copy of an atom. */
function addSlices(
  code: FunctionBody,
  lanes: Lanes,
  copy: Local<'i32'>,
  sums: readonly Local<'f64'>[],
): void {
  const offset = code.let(i32.mul(i32.load(copy), forceStride(lanes)));
  const slice = code.local('i32');
  const end = code.let(i32.load16u(copy, 6));
  code.for(slice, i32.load16u(copy, 4), end, 1, () => {
    const base = i32.load(i32.mul(slice, SLICE.bytes), SLICE.base + SLICE.forces);
    const force = code.let(i32.add(base, offset));
    sums.forEach((sum, axis) => {
      const part = lanes.bytes === 8 ? f64.load(force, 8 * axis) : f64.promoteF32(f32.load(force, 4 * axis));
      code.set(sum, f64.add(sum, part));
    });
  });
}
