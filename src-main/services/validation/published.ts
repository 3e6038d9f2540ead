/** Published values of a few crystals, each with its source: what a report compares with where the user gives nothing. */
import type { References } from './reference.ts';

interface PublishedCrystal {
  readonly element: string;
  /** Of the International Tables. */
  readonly spaceGroup: number;
  readonly values: References;
}

/** 1 cm⁻¹ in THz. */
const WAVENUMBER = 0.0299792458;

const from = (source: string, values: Readonly<Record<string, number>>): References =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value, source }]));

const thz = (source: string, wavenumbers: Readonly<Record<string, number>>): References =>
  from(
    source,
    Object.fromEntries(
      Object.entries(wavenumbers).map(([name, value]) => [name, Number((WAVENUMBER * value).toFixed(2))]),
    ),
  );

const ZUO = 'density functional theory (PBE), Zuo et al., J. Phys. Chem. A 124 (2020) 731';
const GIANNOZZI = 'linear response (LDA), Giannozzi et al., Phys. Rev. B 43 (1991) 7231';

export const PUBLISHED: readonly PublishedCrystal[] = [
  {
    element: 'Si',
    spaceGroup: 227,
    values: {
      ...from('density functional theory (PBE), Lee and Martin, Phys. Rev. B 56 (1997) 7197', {
        lattice_constant_a: 5.46,
      }),
      ...from(ZUO, { c11_gpa: 156, c12_gpa: 65, c44_gpa: 76, vacancy_ev: 3.25, vacancy_barrier_ev: 0.21 }),
      ...thz(GIANNOZZI, {
        phonon_gamma_1_thz: 517,
        phonon_x_1_thz: 146,
        phonon_x_2_thz: 414,
        phonon_x_3_thz: 466,
        phonon_l_1_thz: 111,
        phonon_l_2_thz: 378,
        phonon_l_3_thz: 419,
        phonon_l_4_thz: 494,
      }),
      ...from('experiment', { melting_k: 1687 }),
    },
  },
  {
    element: 'Mo',
    spaceGroup: 229,
    values: {
      ...from(ZUO, { c11_gpa: 472, c12_gpa: 158, c44_gpa: 106, vacancy_ev: 2.7, vacancy_barrier_ev: 1.22 }),
      ...from('neutron scattering at 296 K, Powell, Martel and Woods, Phys. Rev. 171 (1968) 727', {
        phonon_h_1_thz: 5.51,
      }),
      ...from('experiment', { lattice_constant_a: 3.147, melting_k: 2896 }),
    },
  },
];
