/**
 * Trajectories of OpenMX (.md): positions in Å, forces in hartree/bohr, and from version 3.8 on the cell. Columns as in
 * the OpenMX manual, "MD": symbol, x y z, fx fy fz, velocities (m/s), charge, …
 */
import { kindsFromSymbols } from '../../src-compute/structure/configuration.ts';
import { BOHR_IN_A, HARTREE_IN_EV } from '../../src-compute/units.ts';
import { nextAtomFrame, numberBehind, toNextCount } from './atom-trajectory.ts';
import {
  FrameFailure,
  type FrameParser,
  type FrameWarning,
  type ParsedFrame,
  type StructureFormat,
} from './format.ts';
import { realsOf } from './lines.ts';
import { linesOf } from './recognise.ts';
import { elementOfEspressoLabel } from './species.ts';
import { columnsOf } from './step-output.ts';
import type { TextInput } from './text-input.ts';
import { UNCONVERGED } from './vasp-xml.ts';

class OpenmxParser implements FrameParser {
  frameLine = 1;
  private readonly input: TextInput;
  private frames = 0;

  constructor(input: TextInput) {
    this.input = input;
  }

  async next(): Promise<ParsedFrame | undefined> {
    const frame = await nextAtomFrame(this.input, 7);
    if (frame === undefined) {
      if (this.frames === 0)
        throw new FrameFailure('Expected at least one step in the trajectory, found none.');
      return undefined;
    }
    const { comment, rows, line } = frame;
    this.frameLine = line;
    const energy = numberBehind(comment, 'Energy=', 'the energy (hartree)');
    if (energy === undefined)
      throw new FrameFailure('Expected "Energy=" in the comment line, found none.', line + 1);
    const at = comment.indexOf('Cell_Vectors=');
    const cell = at < 0 ? undefined : Float64Array.from(realsOf(comment.slice(at + 13), 9, 'the cell (Å)'));
    const warnings: FrameWarning[] = [];
    if (cell === undefined && this.frames === 0)
      warnings.push({
        message:
          'Expected "Cell_Vectors=" in the comment line, found none: the steps are taken as free clusters.',
        line,
      });
    const converged = !/scf_conv=\s*0/.test(comment);
    if (!converged) warnings.push({ message: UNCONVERGED, line });
    this.frames++;
    const configuration = {
      ...kindsFromSymbols(rows.map(([label]) => elementOfEspressoLabel(label) ?? label)),
      positions: columnsOf(rows, 1, 'a position'),
      forces: columnsOf(rows, 4, 'a force (hartree/bohr)', HARTREE_IN_EV / BOHR_IN_A),
      cell: cell ?? new Float64Array(9),
      periodic: (cell === undefined ? [false, false, false] : [true, true, true]) as [
        boolean,
        boolean,
        boolean,
      ],
      energy: energy * HARTREE_IN_EV,
      info: { converged },
    };
    return { configuration, line, warnings };
  }

  recover(): Promise<boolean> {
    return toNextCount(this.input);
  }
}

export const openmxMd: StructureFormat = {
  name: 'openmx-md',
  title: 'OpenMX trajectory (.md)',
  extensions: [],
  recognise: (head) => {
    const [count, comment] = linesOf(head, 2);
    return (
      /^\s*\d+\s*$/.test(count) &&
      /time=\s*\S+\s*\(fs\)/i.test(comment ?? '') &&
      /Energy=\s*\S+\s*\(Hartree\)/i.test(comment)
    );
  },
  conventions: [
    'OpenMX .md: positions and cell in Å, energies in hartree (with few digits), forces in hartree/bohr; there is no stress in it, and velocities are left aside.',
  ],
  open: (input) => new OpenmxParser(input),
};
