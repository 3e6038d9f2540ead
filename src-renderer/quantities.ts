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
  totalEnergy: {
    title: 'Total energy',
    sentence: 'Potential and kinetic energy of all atoms, per atom; the mean leaves the heat-up out.',
    formula: '(E_pot + E_kin) / N',
  },
  potentialEnergy: {
    title: 'Potential energy',
    sentence: 'Energy of the potential, per atom, without the motion.',
    formula: 'E_pot / N',
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
    sentence: 'Mean absolute error over the nine components of the virial, divided by the number of atoms.',
    formula: '⟨|ΔW| / N⟩',
  },
  loss: {
    title: 'Loss',
    sentence: 'What the fit minimises: weighted squared errors of energies, forces and virials.',
    formula: 'Σ wₑ ΔE²/N + w_f Σ|ΔF|²/N + w_v |ΔW|²/N',
  },
  tolerance: {
    title: 'Tolerance',
    sentence:
      'Largest error of the forces, measured against the reference at the last checks, with which the model may compute.',
    formula: '√⟨ΔFᵢₐ²⟩',
  },
  uncertainty: {
    title: 'Uncertainty',
    sentence:
      'What the model expects the error of the force on its least certain atom to be; beyond its bound the reference is asked.',
    formula: 'σ²(F) = xᵀ (ΣxxᵀW + λ)⁻¹ x',
  },
  tensorRank: {
    title: 'Rank',
    sentence:
      'Degree of the energy of an atom as a polynomial in the descriptors of its surroundings: 1 adds them up, 2 lets pairs of them act together, 3 triples.',
    formula: 'Eᵢ = Σ A_{ab…} vₐ(i) v_b(i) …',
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
  entropy: {
    title: 'Entropy H',
    sentence:
      'How many different atomic surroundings the data hold, as a logarithm: 0 when all are alike, ln N when none resembles another.',
    formula: 'H = −⟨ln (1/N) Σⱼ K(xᵢ, xⱼ)⟩,  K = exp(−|x − y|²/2h²)',
  },
  largestEntropy: {
    title: 'Largest possible H',
    sentence: 'What H would be if no two of the N environments were alike.',
    formula: 'ln N',
  },
  diversity: {
    title: 'Diversity D',
    sentence:
      'Logarithm of the number of different environments: unlike H it does not care how often each of them occurs.',
    formula: 'D = ln Σᵢ 1 / Σⱼ K(xᵢ, xⱼ)',
  },
  environments: {
    title: 'Environments',
    sentence: 'Atoms whose surroundings are compared, over all configurations that are not excluded.',
    formula: 'N',
  },
  bandwidth: {
    title: 'Bandwidth',
    sentence:
      'How near two environments must be to count as alike. Entropies can only be compared at the same bandwidth.',
    formula: 'h in K = exp(−|x − y|²/2h²)',
  },
  novelty: {
    title: 'Novelty δH',
    sentence:
      'How far an atom’s surroundings are outside of what the compared set holds; above 0 nothing there resembles them.',
    formula: 'δH(y) = −ln Σᵢ K(y, xᵢ)',
  },
  completeness: {
    title: 'Completeness',
    sentence:
      'H of random parts of the data. Where the curve is flat, more data of the same kind would add nothing new.',
    formula: 'H at 10 … 100 % of the environments',
  },
  covered: {
    title: 'Covered',
    sentence: 'Part of the environments that find at least one like themselves in the other set.',
    formula: 'share of atoms with δH ≤ 0',
  },
  divergence: {
    title: 'Divergence',
    sentence:
      'How different the two distributions are: 0 when they are the same, at most the value beside it.',
    formula: 'H(A ∪ B) − [N_A H(A) + N_B H(B)] / (N_A + N_B)',
  },
  informationLost: {
    title: 'Information lost',
    sentence: 'How much rarer the data’s environments became in the choice, on average; 0 is nothing lost.',
    formula: '⟨ln S_all/S_chosen⟩ − ln N/N_chosen',
  },
  virial: {
    title: 'Virial W',
    sentence:
      'How the energy answers to strain, in eV; positive when the structure wants to expand. The stress is σ = −W/V, positive in tension.',
    formula: 'W = −∂E/∂ε',
  },
  deltaH: {
    title: 'ΔH, βΔH',
    sentence:
      'Change of the total energy over one trajectory of hybrid Monte Carlo: the error of the time step, by which the trajectory is taken or not; β is 1/k_BT.',
    formula: 'βΔH = (H_end − H_start) / k_B T',
  },
  grade: {
    title: 'Grade',
    sentence:
      'How far a structure is outside of what the coefficients were fitted to: up to 1 is inside, from about 2 it is to be labelled, above 10 not to be trusted.',
    formula: 'γ = max |b A⁻¹|',
  },
  drift: {
    title: 'Drift',
    sentence:
      'How fast the conserved energy runs away. Without thermostat it should be near 0; a large one asks for a smaller step, or the potential is not smooth.',
    formula: 'd⟨E⟩/dt, per atom',
  },
  effectiveSamples: {
    title: 'Independent samples',
    sentence: 'As many independent samples would give the mean with the same error.',
    formula: 'N / (1 + 2 Σ ρ_t)',
  },
  splitRHat: {
    title: 'R̂',
    sentence: 'Compares halves of a run, and several runs, with each other: near 1 they agree.',
    formula: '√(variance of all / variance within)',
  },
  speed: {
    title: 'Speed',
    sentence: 'Time of one step over the number of atoms, neighbour lists included.',
  },
  localStructure: {
    title: 'Local structure',
    sentence:
      'Class of an atom by the common neighbours it has with its neighbours (adaptive common-neighbour analysis).',
  },
  coordination: { title: 'Neighbours', sentence: 'Atoms within the distance that is given beside it.' },
  bondOrder: {
    title: 'q₄, q₆',
    sentence:
      'Bond-orientational order of Steinhardt: the same however the crystal is turned, near 0 in a melt.',
    formula: 'q_l = √(4π/(2l+1) Σ |⟨Y_lm⟩|²)',
  },
} as const satisfies Record<string, QuantityText>;

export type QuantityName = keyof typeof QUANTITIES;
