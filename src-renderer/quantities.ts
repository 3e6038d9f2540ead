/** What quantities mean: one sentence and the formula, for tooltips. Conventions as everywhere in the program. */
export interface QuantityText {
  readonly title: string;
  readonly sentence: string;
  readonly formula?: string;
}

export const QUANTITIES = {
  energyPerAtom: {
    title: 'Energy per atom',
    sentence:
      'Total energy of the configuration divided by its number of atoms, as the reference method gave it.',
    formula: 'E / N',
  },
  maxForce: {
    title: 'Largest force',
    sentence: 'Norm of the largest force on any atom of the configuration.',
    formula: 'max |Fᵢ|,  F = −∂E/∂x',
  },
  volumePerAtom: {
    title: 'Volume per atom',
    sentence: 'Cell volume divided by the number of atoms.',
    formula: 'V / N',
  },
  pressure: {
    title: 'Pressure',
    sentence: 'From the virial; positive when the crystal wants to expand.',
    formula: 'P = tr(W) / 3V,  W = −∂E/∂ε',
  },
  minimumDistance: {
    title: 'Nearest distance',
    sentence: 'Shortest distance between any two atoms, periodic images included.',
  },
  atoms: { title: 'Atoms', sentence: 'Number of atoms in the configuration.', formula: 'N' },
  weight: {
    title: 'Weight',
    sentence: 'How much the configuration counts in a fit; 1 unless it was changed.',
  },
  energyMae: {
    title: 'Energy MAE',
    sentence: 'Mean absolute error of the energy per atom over all configurations.',
    formula: '⟨|ΔE| / N⟩',
  },
  energyRmse: {
    title: 'Energy RMSE',
    sentence: 'Root mean square error of the energy per atom.',
    formula: '√⟨(ΔE / N)²⟩',
  },
  forceMae: {
    title: 'Force MAE',
    sentence: 'Mean absolute error over all force components.',
    formula: '⟨|ΔFᵢₐ|⟩',
  },
  forceRmse: {
    title: 'Force RMSE',
    sentence: 'Root mean square error over all force components.',
    formula: '√⟨ΔFᵢₐ²⟩',
  },
  virialMae: {
    title: 'Virial MAE',
    sentence: 'Mean absolute error of the virial components, divided by the number of atoms.',
    formula: '⟨|ΔW| / N⟩',
  },
  loss: {
    title: 'Loss',
    sentence: 'What the fit minimises: weighted squared errors of energies, forces and virials.',
    formula: 'Σ wₑ ΔE²/N + w_f Σ|ΔF|²/N + w_v |ΔW|²/N',
  },
  level: {
    title: 'Level',
    sentence:
      'Size of the moment tensor basis: every contraction of moments up to this level is a function of it.',
    formula: 'lev M_μν = 2 + 4μ + ν',
  },
  cutoff: {
    title: 'Cutoff',
    sentence: 'Atoms farther apart than this do not feel each other.',
    formula: 'r_c',
  },
  temperature: {
    title: 'Temperature',
    sentence: 'From the kinetic energy of all moving atoms.',
    formula: 'T = 2 E_kin / (3 N k_B)',
  },
  acceptance: {
    title: 'Acceptance',
    sentence: 'Share of the proposed trajectories that were taken.',
    formula: 'min{1, exp(−β ΔH)}',
  },
  expDh: {
    title: '⟨exp(−βΔH)⟩',
    sentence: 'Is 1 within its error when the sampler is correct, whatever the potential and the step.',
  },
} as const satisfies Record<string, QuantityText>;

export type QuantityName = keyof typeof QUANTITIES;
