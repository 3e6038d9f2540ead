/** Small outputs of programs, of two steps each, as their layouts ask; numbers are made up. */

/** What both steps of every sample hold, in the program's own units. */
export const STEPS = [
  { energy: -7.5, x: [0.25, 0.5, 0.75], force: [0.5, -0.25, 0.125] },
  { energy: -7.75, x: [0.5, 0.25, 0.75], force: [-0.25, 0.75, 0.5] },
] as const;
type Step = (typeof STEPS)[number];

const CELL = ['4.0 0.0 0.0', '0.5 5.0 0.0', '0.0 0.25 6.0'];
/** A symmetric tensor: xx 1, yy 2, zz 3, xy 0.25, xz 0.5, yz 0.75. */
const TENSOR = ['1.0 0.25 0.5', '0.25 2.0 0.75', '0.5 0.75 3.0'];
const minus = (step: Step) => step.force.map((f) => -f);
const row = (values: readonly number[], digits = 8) => values.map((v) => v.toFixed(digits)).join('   ');

const aimsStep = (step: Step) => `
  Self-consistency cycle converged.
  | Total energy uncorrected      :         ${step.energy - 0.5} eV
  | Total energy corrected        :         ${step.energy} eV  <-- do not rely on this value for anything but (periodic) metals
  | Electronic free energy        :         ${step.energy - 1} eV
  Total atomic forces (unitary forces cleaned) [eV/Ang]:
  |    1   ${row(step.force)}
  |    2   ${row(minus(step))}

  +-------------------------------------------------------------------+
  |              Analytical stress tensor - Symmetrized               |
  |                  Cartesian components [eV/A**3]                   |
  +-------------------------------------------------------------------+
  |                x                y                z                |
  |                                                                   |
${TENSOR.map((line, k) => `  |  ${'xyz'[k]}  ${line}  |`).join('\n')}
  |                                                                   |
  |  Pressure:      -2.0   [eV/A**3]  |
`;

export const AIMS = `          Invoking FHI-aims ...
  Input geometry:
  | Unit cell:
${CELL.map((line) => `  |   ${line}`).join('\n')}
  | Atomic structure:
  |       Atom                x [A]            y [A]            z [A]
  |    1: Species Ge   0.0 0.0 0.0
  |    2: Species O    ${row(STEPS[0].x)}

          Begin self-consistency loop: Initialization.
${aimsStep(STEPS[0])}
  Updated atomic structure:
                         x [A]             y [A]             z [A]
${CELL.map((line) => `  lattice_vector  ${line}`).join('\n')}

            atom   0.0 0.0 0.0  Ge
            atom   ${row(STEPS[1].x)}  O

          Begin self-consistency loop: Re-initialization.
${aimsStep(STEPS[1])}
  Final atomic structure:
            atom   0.0 0.0 0.0  Ge
            Have a nice day.
`;

const orcaStep = (step: Step) => `---------------------------------
CARTESIAN COORDINATES (ANGSTROEM)
---------------------------------
  Ge    0.000000    0.000000    0.000000
  O     ${row(step.x)}

               *           SCF CONVERGED AFTER  13 CYCLES          *
-------------------------   --------------------
FINAL SINGLE POINT ENERGY      ${step.energy.toFixed(12)}
-------------------------   --------------------
------------------
CARTESIAN GRADIENT
------------------

   1   Ge  :   ${row(minus(step))}
   2   O   :   ${row(step.force)}

Difference to translation invariance:
`;

export const ORCA = `                                 * O   R   C   A *
${STEPS.map(orcaStep).join('')}
                             ****ORCA TERMINATED NORMALLY****
`;

const orientation = (title: string, step: Step, shift: number) => `
                          ${title} orientation:
 ---------------------------------------------------------------------
 Center     Atomic      Atomic             Coordinates (Angstroms)
 Number     Number       Type             X           Y           Z
 ---------------------------------------------------------------------
      1         32           0        ${row([shift, 0, 0], 6)}
      2          8           0        ${row(step.x, 6)}
 ---------------------------------------------------------------------
`;
const gaussianStep = (step: Step) => `${orientation('Input', step, 0)}${orientation('Standard', step, 0.125)}
 SCF Done:  E(RB3LYP) =  ${step.energy}     A.U. after    8 cycles
 -------------------------------------------------------------------
 Center     Atomic                   Forces (Hartrees/Bohr)
 Number     Number              X              Y              Z
 -------------------------------------------------------------------
      1       32          ${row(step.force, 9)}
      2        8          ${row(minus(step), 9)}
 -------------------------------------------------------------------
`;

export const GAUSSIAN = ` Entering Gaussian System, Link 0=g16
${STEPS.map(gaussianStep).join('')}
 Normal termination of Gaussian 16 at Tue Jun 25 00:14:07 2024.
`;

const castepStep = (step: Step) => `
                           -------------------------------
                                      Unit Cell
                           -------------------------------
        Real Lattice(A)              Reciprocal Lattice(1/A)
${CELL.map((line) => `     ${line}     1.0 0.0 0.0`).join('\n')}

                           -------------------------------
                                     Cell Contents
                           -------------------------------
            xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
            x  Element         Atom        Fractional coordinates of atoms  x
            x                 Number           u          v          w      x
            x----------------------------------------------------------x
            x  Ge                1         0.000000   0.000000   0.000000   x
            x  O                 1         ${row([step.x[0] / 4 - (0.5 * (step.x[1] - 0.25 * (step.x[2] / 6))) / 5 / 4, (step.x[1] - 0.25 * (step.x[2] / 6)) / 5, step.x[2] / 6], 12)}   x
            xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx

Final energy, E             =  ${step.energy + 0.5}     eV
Final free energy (E-TS)    =  ${step.energy - 0.5}     eV
NB est. 0K energy (E-0.5TS)      =  ${step.energy}     eV

 ************************** Forces **************************
 *                                                          *
 *               Cartesian components (eV/A)                *
 * -------------------------------------------------------- *
 *                  x            y            z             *
 *                                                          *
 * Ge           1   ${row(step.force)}   *
 * O            1   ${row(minus(step))}   *
 *                                                          *
 ************************************************************

 ***************** Stress Tensor *****************
 *                                               *
 *          Cartesian components (GPa)           *
 * --------------------------------------------- *
 *             x             y             z     *
 *                                               *
${TENSOR.map((line, k) => ` *  ${'xyz'[k]}   ${line}  *`).join('\n')}
 *                                               *
 *  Pressure:   -2.0000                          *
 *************************************************
`;

export const CASTEP = ` +  CCC   AA    SSS  TTTTT  EEEEE  PPPP        |
 | CCC   AA    SSS  TTTTT  EEEEE  PPPP        |
${STEPS.map(castepStep).join('')}
Total time          =     12.61 s
`;

const abacusStep = (step: Step) => `
 CARTESIAN COORDINATES ( UNIT = 2 Bohr ).
         atom                   x                   y                   z                 mag
      tauc_Ge1    0.0 0.0 0.0    0.0
      tauc_O1     ${row(step.x)}    0.0

 charge density convergence is achieved
 final etot is ${step.energy} eV

   TOTAL-FORCE (eV/Angstrom)

 ><><><><><><><><><><><><><><><><><><><><><><

     atom              x              y              z
      Ge1   ${row(step.force)}
       O1   ${row(minus(step))}


 TOTAL-STRESS (KBAR)

 ><><><><><><><><><><><><><><><><><><><><><><

${TENSOR.map((line) => `       ${line}`).join('\n')}
 TOTAL-PRESSURE: 2.0 KBAR
`;

export const ABACUS = `              Atomic-orbital Based Ab-initio Computation
                  lattice constant (Bohr) = 2
 Lattice vectors: (Cartesian coordinate: in unit of a_0)
${CELL.map((line) => `  ${line}`).join('\n')}
${STEPS.map(abacusStep).join('')}
 CARTESIAN COORDINATES ( UNIT = 2 Bohr ).
         atom                   x                   y                   z
      tauc_Ge1    0.0 0.0 0.0
      tauc_O1     0.1 0.1 0.1
 !FINAL_ETOT_IS ${STEPS[1].energy} eV
 Finish Time  : Fri Jan  5 11:00:00 2024
`;

export const CP2K = ` DBCSR| Multiplication driver   BLAS
 CELL| Volume [angstrom^3]:   120.000
${CELL.map((line, k) => ` CELL| Vector ${'abc'[k]} [angstrom]:  ${line}    |${'abc'[k]}| =   1.0`).join('\n')}
 CELL_REF| Vector a [angstrom]:  1.0 0.0 0.0    |a| =   1.0
 MODULE QUICKSTEP:  ATOMIC COORDINATES IN angstrom

  Atom  Kind  Element       X           Y           Z          Z(eff)       Mass

       1     1 Ge  32    0.0 0.0 0.0      4.00      72.6300
       2     2 O    8    ${row(STEPS[0].x)}      6.00      15.9990

  *** SCF run converged in    12 steps ***
 ENERGY| Total FORCE_EVAL ( QS ) energy [a.u.]:    ${STEPS[0].energy}

 ATOMIC FORCES in [a.u.]

 # Atom   Kind   Element          X              Y              Z
      1      1      Ge     ${row(STEPS[0].force)}
      2      2      O      ${row(minus(STEPS[0]))}
 SUM OF ATOMIC FORCES           0.0 0.0 0.0 0.0

 STRESS| Analytical stress tensor [GPa]
 STRESS|                        x                   y                   z
${TENSOR.map((line, k) => ` STRESS|      ${'xyz'[k]}   ${line}`).join('\n')}

  **** **** ******  **  PROGRAM ENDED AT                 2024-01-05 11:00:00.000
`;

/** -pos-1.xyz and -frc-1.xyz of CP2K. */
export const cp2kXyz = (part: 'x' | 'force') =>
  STEPS.map((step, k) => {
    const first = part === 'x' ? '0.0 0.0 0.0' : row(step.force);
    const second = part === 'x' ? row(step.x) : row(minus(step));
    return `       2\n i =        ${k}, time =        ${k / 2}, E =        ${step.energy}\n  Ge  ${first}\n  O   ${second}\n`;
  }).join('');

export const OPENMX = STEPS.map(
  (step, k) => `2
   time=    ${k / 2} (fs)  Energy= ${step.energy} (Hartree) Temperature=  300.000 (Given Temp.=  300.000) Cell_Vectors=  ${CELL.join('  ')}
  Ge   0.00000  0.00000  0.00000   ${row(step.force)}  1.0 2.0 3.0   0.1
  O    ${row(step.x)}   ${row(minus(step))}  1.0 2.0 3.0  -0.1
`,
).join('');

export const ABACUS_DUMP = STEPS.map(
  (step, k) => `MDSTEP:  ${k}
LATTICE_CONSTANT: 2.000000000000 Angstrom
LATTICE_VECTORS
${CELL.map((line) => `  ${line}`).join('\n')}
VIRIAL (kbar)
${TENSOR.map((line) => `  ${line}`).join('\n')}
INDEX    LABEL    POSITION (Angstrom)    FORCE (eV/Angstrom)    VELOCITY (Angstrom/fs)
  0  Ge  0.0 0.0 0.0  ${row(step.force)}  0.001 0.002 0.003
  1  O  ${row(step.x)}  ${row(minus(step))}  0.004 0.005 0.006


`,
).join('');
