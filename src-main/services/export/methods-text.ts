/**
 * A paragraph for the methods section of a paper, and the BibTeX of what it cites, from what a potential's document
 * knows. Only facts that the document holds are stated; what it does not know is left out.
 */
import { z } from 'zod';
import type { Metrics, PotentialDocument } from '../../../src-compute/potentials/document.ts';
import { bibtexEntry, latexText } from '../../../src-compute/quoting/latex.ts';
import { WORKS, type WorkKey } from '../../../src-compute/forms/works.ts';
import { fittedParameterCount, methodsOf } from '../../../src-compute/potentials/registry.ts';
import { searchReportSchema } from '../fit/auto/report.ts';

export interface MethodsText {
  readonly paragraph: string;
  readonly bibtex: string;
}

/**
 * @param document the potential
 * @param dataset what it was fitted to, where the project knows it
 */
export function methodsText(
  document: PotentialDocument,
  dataset?: {
    readonly name: string;
    readonly reference: string;
    readonly configurations: number;
    readonly atoms: number;
  },
): MethodsText {
  const { model, metrics, provenance } = document;
  const cited: WorkKey[] = [];
  const cite = (key: WorkKey) => {
    if (!cited.includes(key)) cited.push(key);
    return `\\cite{${key}}`;
  };
  const sentences: string[] = [];
  const species = model.species.map(latexText).join('–');
  const subject = `Interatomic interactions in ${species} were described by`;
  const parameters = fittedParameterCount(model, provenance.settings);
  const [first, ...rest] = methodsOf(model, { parameters, settings: provenance.settings, cite }) ?? [
    `a ${model.form} potential with a cutoff of ${model.cutoff} Å.`,
  ];
  sentences.push(`${subject} ${first}`, ...rest);
  if (model.form === 'sum' && model.terms.some((term) => term.form === 'zbl')) {
    sentences.push(
      `At short distances the Ziegler–Biersack–Littmark repulsion ${cite('ziegler1985')} was added.`,
    );
  }
  if (dataset) {
    const reference = dataset.reference ? ` computed with ${latexText(dataset.reference)}` : '';
    sentences.push(
      `It was fitted to energies, forces and virials from the set “${latexText(dataset.name)}” ` +
        `(${dataset.configurations} configurations, ${dataset.atoms} atoms)${reference}.`,
    );
  }
  sentences.push(...errors('training', metrics.train), ...errors('test', metrics.test));
  sentences.push(...searched(document), ...predictedErrors(document));
  if (provenance.program !== 'imported') {
    sentences.push(
      `The potential was made with ${latexText(provenance.program).replace(/^forcewright/i, 'Forcewright')}.`,
    );
  }
  return {
    paragraph: sentences.join(' '),
    bibtex: cited.map(bibliographyEntry).join('\n\n'),
  };
}

function bibliographyEntry(key: WorkKey): string {
  const { type, ...fields } = WORKS[key];
  return bibtexEntry(type, key, fields);
}

function errors(part: string, metrics: Metrics | undefined): string[] {
  if (metrics === undefined) return [];
  const { configurations, energy_mae_mev_per_atom: energy, force_mae_ev_per_a: force } = metrics;
  const values = [
    ...(energy === null ? [] : [`${energy.toFixed(2)} meV/atom for energies`]),
    ...(force === null ? [] : [`${(1000 * force).toFixed(1)} meV/Å for force components`]),
  ];
  if (values.length === 0) return [];
  const whole = `On the ${configurations} ${part} configurations the mean absolute errors are ${values.join(' and ')}.`;
  return [whole];
}

/** How cutoff, sizes and weights were found. */
function searched({ provenance }: PotentialDocument): string[] {
  const search = searchReportSchema.safeParse(provenance.report.search).data;
  if (!search) return [];
  const full = search.trials.filter(({ kind }) => kind === 'full').length;
  return [
    `Cutoff, basis size and the weight of the forces were chosen among ${full} settings by errors on configurations held out of the training data, identical structures kept on one side, and by the cost of a step.`,
  ];
}

/** How errors are predicted, and whether the test data agree. */
function predictedErrors({ uncertainty, provenance }: PotentialDocument): string[] {
  if (!uncertainty?.energy && !uncertainty?.force) return [];
  const shares = coverageSchema.safeParse(provenance.report.coverage).data;
  const percent = (share: number) => `${(100 * share).toFixed(0)} %`;
  const agree = [
    ...(shares?.energy_within_1_sigma != null && shares.energy_within_2_sigma != null
      ? [
          `${percent(shares.energy_within_1_sigma)} and ${percent(shares.energy_within_2_sigma)} of the energies`,
        ]
      : []),
    ...(shares?.force_within_1_sigma != null && shares.force_within_2_sigma != null
      ? [
          `${percent(shares.force_within_1_sigma)} and ${percent(shares.force_within_2_sigma)} of the force components`,
        ]
      : []),
  ];
  return [
    'Errors of predictions were estimated from the posterior of the coefficients and a residual variance for each kind of label, both calibrated by four-fold cross-validation' +
      (agree.length > 0
        ? `; on the test configurations one and two predicted standard deviations hold the errors of ${agree.join(' and ')}.`
        : '.'),
  ];
}

const share = z.number().nullish();
const coverageSchema = z.object({
  energy_within_1_sigma: share,
  energy_within_2_sigma: share,
  force_within_1_sigma: share,
  force_within_2_sigma: share,
});
