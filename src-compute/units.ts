/**
 * Metal units: Å, eV, amu, K; time in fs at every interface. docs/physics.md, units and signs.
 * Constants: CODATA 2018.
 */

/** Boltzmann constant, eV/K. */
export const BOLTZMANN_EV_PER_K = 8.617333262e-5;

/** 1 eV/Å³ in GPa. */
export const EV_PER_A3_IN_GPA = 160.2176634;

/** 1 eV/Å³ in bar (LAMMPS metal units). */
export const EV_PER_A3_IN_BAR = 1.602176634e6;

/** 1 eV/Å³ in kbar (VASP). */
export const EV_PER_A3_IN_KBAR = 1602.176634;

/** 1 amu·(Å/fs)² in eV: kinetic energy = ½ m v² × this. */
export const AMU_A2_PER_FS2_IN_EV = 103.642696562621;

/** Acceleration in Å/fs² of 1 amu under 1 eV/Å. */
export const EV_PER_A_AMU_IN_A_PER_FS2 = 1 / AMU_A2_PER_FS2_IN_EV;

/** Bohr radius, Å. */
export const BOHR_IN_A = 0.529177210903;

/** Hartree energy, eV. */
export const HARTREE_IN_EV = 27.211386245988;

/** Rydberg energy, eV. */
export const RYDBERG_IN_EV = HARTREE_IN_EV / 2;

/** e²/(4πε₀), eV·Å. */
export const COULOMB_EV_A = 14.3996454784255;

/** 1 debye in e·Å: 10⁻²¹ C·m²/s divided by the speed of light and the elementary charge. */
export const DEBYE_IN_E_A = 1e-21 / 299792458 / 1.602176634e-19 / 1e-10;
