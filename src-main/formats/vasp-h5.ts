/**
 * vaspout.h5 of VASP 6: the steps of a run as arrays of an HDF5 file. Which quantity lies where is known from py4vasp,
 * VASP's own reader (github.com/vasp-dev/py4vasp, _raw/definition.py). The energy is TOTEN, whose derivative the forces
 * are; the stress is in kB, positive when compressed, as in the OUTCAR.
 */
import { kindsFromSymbols, type Configuration } from '../../src-compute/structure/configuration.ts';
import { EV_PER_A3_IN_KBAR } from '../../src-compute/units.ts';
import {
  FrameFailure,
  type FrameParser,
  type FrameWarning,
  type ParsedFrame,
  type ReadContext,
  type StructureFormat,
} from './format.ts';
import { openHdf5, type Hdf5 } from './hdf5.ts';
import { symmetrise, virialFromStress, withSign } from './labels.ts';
import { toCartesian } from './lines.ts';
import { elementOfVasp } from './species.ts';
import { momentsOf } from './vasp-projections.ts';
import { UNCONVERGED } from './vasp-xml.ts';

const DYNAMICS = 'intermediate/ion_dynamics';
const RESULT = 'results/positions';
/** Where VASP 6.5 and versions before keep moments. */
const MOMENTS = [`${DYNAMICS}/magnetism/spin_moments/values`, `${DYNAMICS}/magnetism/moments`];
const MOST_FAILURES = 1000;

class VaspH5Parser implements FrameParser {
  readonly frameLine = 1;
  private readonly context: ReadContext;
  private file: Hdf5 | undefined;
  private symbols: readonly string[] = [];
  private steps = 0;
  private step = 0;
  private failures = 0;
  private group = DYNAMICS;
  private tags: readonly string[] = [];

  constructor(context: ReadContext) {
    this.context = context;
  }

  async next(): Promise<ParsedFrame | undefined> {
    const file = this.file ?? (await this.open());
    if (this.step >= this.steps) return undefined;
    const step = this.step++;
    const warnings: FrameWarning[] = [];
    const cell = this.cellOf(file, step);
    const positions = this.arrayOf(file, 'position_ions', step, 3 * this.symbols.length);
    if (positions === undefined) throw new FrameFailure('Expected the positions of the step, found none.', 1);
    toCartesian(positions, cell);
    const labels = this.group === DYNAMICS ? this.labelsOf(file, step, cell, warnings) : {};
    return {
      configuration: {
        ...kindsFromSymbols(this.symbols),
        positions,
        cell,
        periodic: [true, true, true],
        ...labels,
      },
      line: 1,
      warnings,
    };
  }

  recover(): Promise<boolean> {
    // a damaged number of steps could be any
    return Promise.resolve(this.file !== undefined && this.steps > 0 && ++this.failures < MOST_FAILURES);
  }

  close(): Promise<void> {
    this.file?.close();
    this.file = undefined;
    return Promise.resolve();
  }

  private async open(): Promise<Hdf5> {
    const file = await openHdf5(this.context.file);
    this.file = file;
    const types = file.strings(`${RESULT}/ion_types`);
    const counts = file.numbers(`${RESULT}/number_ion_types`);
    if (types === undefined || counts?.length !== types.length)
      throw new FrameFailure(
        `Expected ${RESULT}/ion_types and as many number_ion_types in the HDF5 file; this is no vaspout.h5 of VASP 6.`,
        1,
        'Of the HDF5 files of other programs none is read: convert it to extended XYZ first, for example with ASE (ase convert).',
      );
    this.symbols = types.flatMap((type, k) =>
      new Array<string>(counts[k]).fill(elementOfVasp(type.split('/', 1)[0]) ?? type),
    );
    const shape = file.shape(`${DYNAMICS}/position_ions`);
    if (shape === undefined) this.group = RESULT;
    this.steps = shape === undefined ? 1 : shape.length === 3 ? shape[0] : 1;
    this.tags = file.strings(`${DYNAMICS}/energies_tags`) ?? [];
    return file;
  }

  /** Numbers of one step; undefined where the file has none of the kind. */
  private arrayOf(file: Hdf5, name: string, step: number, length: number): Float64Array | undefined {
    const path = `${this.group}/${name}`;
    const shape = file.shape(path);
    if (shape === undefined) return undefined;
    const size = shape.reduce((product, count) => product * count, 1);
    // a cell that does not change may be there once; a run that stopped may lack the last steps of a quantity
    if (size === length && (this.steps === 1 || name === 'lattice_vectors')) return file.numbers(path);
    if (size < (step + 1) * length || size % length !== 0)
      throw new FrameFailure(
        `Expected ${length} numbers of ${path} for the step ${step + 1}, found none.`,
        1,
      );
    return file.numbers(path, step);
  }

  private cellOf(file: Hdf5, step: number): Float64Array {
    const cell = this.arrayOf(file, 'lattice_vectors', step, 9);
    if (cell === undefined)
      throw new FrameFailure('Expected the lattice vectors of the step, found none.', 1);
    const scale = file.numbers(`${this.group}/scale`)?.[0] ?? 1;
    return cell.map((x) => x * scale);
  }

  /** Moments of the spheres, summed over l: (steps, charge and components, ions, l); py4vasp calls them LocalMoment. */
  private moments(file: Hdf5, step: number): Partial<Configuration> {
    const path = MOMENTS.find((name) => file.shape(name) !== undefined);
    const [steps, components, ions, momenta] = path === undefined ? [] : (file.shape(path) ?? []);
    const atoms = this.symbols.length;
    if (path === undefined || ions !== atoms || step >= steps || (components !== 2 && components !== 4))
      return {};
    const values = file.numbers(path, step) ?? new Float64Array(0);
    const tables = Array.from({ length: components - 1 }, (_, axis) =>
      Float64Array.from({ length: atoms }, (_2, ion) => {
        const first = ((axis + 1) * atoms + ion) * momenta;
        return values.subarray(first, first + momenta).reduce((sum, value) => sum + value, 0);
      }),
    );
    return { magneticMoments: momentsOf(tables) };
  }

  private labelsOf(
    file: Hdf5,
    step: number,
    cell: Float64Array,
    warnings: FrameWarning[],
  ): Partial<Configuration> {
    const { symbols, tags } = this;
    const energies = this.arrayOf(file, 'energies', step, Math.max(1, tags.length));
    const tagged = (pattern: RegExp) => energies?.[tags.findIndex((tag) => pattern.test(tag))];
    const energy = tagged(/\bTOTEN\s*$/);
    const still = tagged(/^energy\(sigma->0\)/);
    const forces = this.arrayOf(file, 'forces', step, 3 * symbols.length);
    const stress = this.arrayOf(file, 'stress', step, 9);
    const velocities = this.arrayOf(file, 'ion_velocities', step, 3 * symbols.length);
    const failed = file.numbers(`${DYNAMICS}/electronic_step_converged`)?.[step];
    const converged = failed === undefined ? undefined : failed === 0;
    if (converged === false) warnings.push({ message: UNCONVERGED });
    const virial = stress && virialFromStress(stress, cell, -1 / EV_PER_A3_IN_KBAR);
    if (virial) symmetrise(virial);
    return {
      ...(energy === undefined ? {} : { energy }),
      ...(forces === undefined ? {} : { forces }),
      ...(virial === undefined ? {} : { virial: withSign(virial, this.context.options.virialSign) }),
      ...(velocities === undefined || velocities.every((v) => v === 0) ? {} : { velocities }),
      ...this.moments(file, step),
      info: {
        ...(still === undefined ? {} : { energy_sigma_to_zero: still }),
        ...(converged === undefined ? {} : { converged }),
      },
    };
  }
}

export const vaspH5: StructureFormat = {
  name: 'vaspout',
  title: 'VASP vaspout.h5',
  extensions: ['.h5', '.hdf5'],
  binary: true,
  recognise: (head) => head.startsWith('\x89HDF\r\n\x1a\n'),
  conventions: [
    'vaspout.h5: the energy is the free energy (TOTEN) in eV, whose derivative the forces (eV/Å) are; the energy for zero smearing is kept as energy_sigma_to_zero.',
    'The stress is in kB and positive when compressed; converted by W = σV. Velocities in Å/fs.',
    'Steps whose electronic loop did not converge are flagged (converged=F), where the file says so.',
    'Magnetic moments (μB) are those of the spheres, summed over the angular momenta.',
  ],
  open: (_input, context) => new VaspH5Parser(context),
};
