/**
 * How often forces are computed to relax shaken crystals, here and by the preconditioned optimiser of ASE (Debian's
 * python3-ase), from the same structures with the same pair potential, to the same largest force. A count, so that the
 * machine does not matter.
 *
 *     node test/benchmarks/relaxation.ts
 */
import { spawnSync } from 'node:child_process';
import { atomsOf, createForceEngine } from '../../src-compute/backends/index.ts';
import { lennardJonesModel } from '../../src-compute/potentials/pair/index.ts';
import { relax } from '../../src-compute/relaxation/index.ts';
import { lattice, supercell } from '../../src-compute/structure/lattices.ts';
import { PYTHON } from '../support/python.ts';

const TOLERANCE = 1e-4;

/** Reads structures, prints the calls of PreconLBFGS with and without Armijo's line search. */
const ASE = `
import json, sys, warnings
warnings.filterwarnings('ignore')
import numpy as np
from ase import Atoms
from ase.calculators.lj import LennardJones
from ase.optimize.precon import Exp, PreconLBFGS
class Counted(LennardJones):
    calls = 0
    def calculate(self, *a, **k):
        self.calls += 1
        super().calculate(*a, **k)
for frame in json.load(sys.stdin):
    calls = []
    for armijo in (True, False):
        atoms = Atoms('Ar64', positions=np.reshape(frame['positions'], (-1, 3)), cell=np.reshape(frame['cell'], (3, 3)), pbc=True)
        atoms.calc = Counted(sigma=3.4, epsilon=0.0104, rc=8.5, ro=7.65, smooth=True)
        PreconLBFGS(atoms, precon=Exp(A=3), use_armijo=armijo, logfile=None).run(fmax=${TOLERANCE}, steps=300)
        calls.append(atoms.calc.calls)
    print(json.dumps(calls), flush=True)
`;

const crystal = supercell(lattice('fcc', ['Ar'], 5.26), [2, 2, 4]);
const model = lennardJonesModel('Ar', 0.0104, 3.4, 8.5, 'switched');
let state = 1;
const random = () => (state = (state * 16807) % 2147483647) / 2147483647 - 0.5;
const frames = [0.1, 0.1, 0.3, 0.3, 0.6, 0.6].map((amplitude) => ({
  amplitude,
  structure: { ...crystal, positions: crystal.positions.map((x) => x + amplitude * random()) },
}));

const { stdout, stderr } = spawnSync(PYTHON, ['-c', ASE], {
  input: JSON.stringify(
    frames.map(({ structure }) => ({
      positions: Array.from(structure.positions),
      cell: Array.from(structure.cell),
    })),
  ),
  encoding: 'utf8',
});
if (stdout === '') console.error(`ASE did not run (apt-get install -y python3-ase): ${stderr}`);
const theirs = stdout
  .split('\n')
  .filter(Boolean)
  .map((line) => JSON.parse(line) as number[]);
for (const [k, { amplitude, structure }] of frames.entries()) {
  const { evaluations, end } = await relax(structure, createForceEngine(model, atomsOf(structure)), {
    tolerance: TOLERANCE,
  });
  const ase = theirs[k] ? `ASE ${theirs[k].join(' and ')}` : 'ASE not here';
  console.log(`± ${amplitude / 2} Å: ${evaluations} evaluations (${end}); ${ase}`);
}
