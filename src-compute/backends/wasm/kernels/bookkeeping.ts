/**
 * What surrounds the kernels in every step, as generated code: positions of the entries from those of the atoms, and
 * forces and energies of the atoms from those of the slices.
 */
import { f32, f64, i32 } from '../encoder/index.ts';
import type { Expression, Lanes, ModuleBuilder } from '../encoder/index.ts';
import { CONTEXT, SLICE } from '../layout.ts';
import { forceStride } from './kernel.ts';

const word = (place: number) => i32.load(place);

/**
 * Adds the function `refresh` (entries): positions of all entries, atom + a·A + b·B + c·C with the lattice vectors at
 * CONTEXT.cell.
 */
export function generateRefresh(module: ModuleBuilder): void {
  module.function({ export: 'refresh', parameters: ['i32'] }, (code, entries) => {
    const cell = Array.from({ length: 9 }, (_, k) => code.let(f64.load(CONTEXT.cell + 8 * k)));
    const owners = code.let(word(CONTEXT.owners));
    const shift = code.let(word(CONTEXT.shifts));
    const target = code.let(word(CONTEXT.positions));
    const atoms = code.let(word(CONTEXT.atomPositions));
    const owner = code.local('i32');
    code.for(owner, owners, i32.add(owners, i32.shl(entries, 2)), 4, () => {
      const atom = code.let(i32.add(atoms, i32.mul(i32.load(owner), 24)));
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

/** Adds the function `collectForces` (slice): adds the forces of a slice to those of the atoms. */
export function generateCollectForces(module: ModuleBuilder, lanes: Lanes): void {
  module.function({ export: 'collectForces', parameters: ['i32'] }, (code, slice) => {
    const stride = forceStride(lanes);
    const first = code.let(i32.load(slice, SLICE.firstEntry));
    const last = code.let(i32.load(slice, SLICE.lastEntry));
    const force = code.let(i32.add(i32.load(slice, SLICE.forces), i32.mul(first, stride)));
    const owners = code.let(word(CONTEXT.owners));
    const atoms = code.let(word(CONTEXT.atomForces));
    const owner = code.local('i32');
    const start = i32.add(owners, i32.shl(first, 2));
    code.for(owner, start, i32.add(owners, i32.shl(last, 2)), 4, () => {
      const atom = code.let(i32.add(atoms, i32.mul(i32.load(owner), 24)));
      for (let axis = 0; axis < 3; axis++) {
        const part =
          lanes.bytes === 8 ? f64.load(force, 8 * axis) : f64.promoteF32(f32.load(force, 4 * axis));
        code.store(f64, atom, f64.add(f64.load(atom, 8 * axis), part), 8 * axis);
      }
      code.set(force, i32.add(force, stride));
    });
  });
}

/** Adds the function `collectEnergies` (atoms): energies in the order of the atoms; gives their sum. */
export function generateCollectEnergies(module: ModuleBuilder): void {
  module.function({ export: 'collectEnergies', parameters: ['i32'], result: 'f64' }, (code, atoms) => {
    const local = code.let(word(CONTEXT.locals));
    const end = code.let(i32.add(local, i32.shl(atoms, 2)));
    const energy = code.let(word(CONTEXT.energies));
    const owners = code.let(word(CONTEXT.owners));
    const target = code.let(word(CONTEXT.atomEnergies));
    const sum = code.local('f64');
    code.for(local, local, end, 4, () => {
      const own = code.let(f64.load(energy));
      const atom = i32.load(i32.add(owners, i32.shl(i32.load(local), 2)));
      code.store(f64, i32.add(target, i32.shl(atom, 3)), own);
      code.set(sum, f64.add(sum, own));
      code.set(energy, i32.add(energy, 8));
    });
    code.return(sum);
  });
}
