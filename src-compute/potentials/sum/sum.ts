/**
 * Sum of potentials: E = Σ_t E_t, such as a fitted potential on a ZBL baseline. The terms may know more species than
 * the sum, never fewer.
 */
import { z } from 'zod';
import { PotentialError } from '../../errors.ts';
import { atomCount, type Configuration } from '../../structure/configuration.ts';
import { cutoffField, speciesField } from '../bounds.ts';
import { emptyEvaluation, type Evaluation, type PotentialModelBase } from '../potential.ts';

export interface SumModel<Term extends PotentialModelBase = PotentialModelBase> extends PotentialModelBase {
  readonly form: 'sum';
  readonly terms: readonly Term[];
}

/** Terms of a sum. */
const MOST_TERMS = 100;

/** JSON schema of a sum, given that of its terms. */
export function sumSchema<Term extends PotentialModelBase>(term: z.ZodType<Term>) {
  return z
    .strictObject({
      form: z.literal('sum'),
      species: speciesField,
      cutoff: cutoffField,
      terms: z.array(term).min(1).max(MOST_TERMS),
    })
    .superRefine(({ species, cutoff, terms }, context) =>
      terms.forEach((part, k) => {
        const missing = species.filter((name) => !part.species.includes(name));
        if (missing.length > 0) {
          const message = `the sum is for ${species.join(', ')}, and this term does not know ${missing.join(', ')}`;
          context.addIssue({ code: 'custom', path: ['terms', k, 'species'], message });
        }
        if (part.cutoff > cutoff) {
          const message = `the term reaches ${part.cutoff} Å, and the sum only ${cutoff} Å`;
          context.addIssue({ code: 'custom', path: ['terms', k, 'cutoff'], message });
        }
      }),
    );
}

/**
 * Adds potentials up; the sum knows the species that all of them know.
 * @throws PotentialError when there is no term or no common species
 */
export function sumModel<Term extends PotentialModelBase>(terms: readonly Term[]): SumModel<Term> {
  if (terms.length === 0) throw new PotentialError('A sum of potentials needs at least one term.');
  const species = terms[0].species.filter((name) => terms.every((term) => term.species.includes(name)));
  if (species.length === 0) {
    throw new PotentialError(
      `The potentials to add have no species in common: ${terms.map((t) => t.species.join(', ')).join('; ')}.`,
    );
  }
  return { form: 'sum', species, cutoff: Math.max(...terms.map((term) => term.cutoff)), terms };
}

/**
 * Energy, forces and virial of all terms together.
 * @param evaluateTerm evaluates one term; the registry of forms supplies it
 */
export function evaluateSum<Term extends PotentialModelBase>(
  model: SumModel<Term>,
  configuration: Configuration,
  evaluateTerm: (term: Term, configuration: Configuration) => Evaluation,
): Evaluation {
  const total = emptyEvaluation(atomCount(configuration));
  for (const term of model.terms) {
    const part = evaluateTerm(term, configuration);
    total.energy += part.energy;
    part.atomEnergies.forEach((energy, i) => (total.atomEnergies[i] += energy));
    part.forces.forEach((force, i) => (total.forces[i] += force));
    part.virial.forEach((w, i) => (total.virial[i] += w));
  }
  return total;
}
