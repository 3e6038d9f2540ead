/**
 * A paragraph for the methods section of a paper, and the BibTeX of what it cites, from what a potential's document
 * knows. Only facts that the document holds are stated; what it does not know is left out.
 */
import { z } from 'zod';
import type { Metrics, PotentialDocument } from '../../../src-compute/potentials/document.ts';
import { bibtexEntry, latexText } from '../../../src-compute/quoting/latex.ts';
import { fittedParameterCount, parameterCount, partOf } from '../../../src-compute/potentials/registry.ts';
import { searchReportSchema } from '../fit/auto/report.ts';
import { descriptorLayout, rankOf } from '../../../src-compute/potentials/tensor-regression/index.ts';

export interface MethodsText {
  readonly paragraph: string;
  readonly bibtex: string;
}

/** References by key; values are LaTeX. */
const REFERENCES = {
  shapeev2016: {
    type: 'article',
    author: 'Shapeev, Alexander V.',
    title: 'Moment Tensor Potentials: A Class of Systematically Improvable Interatomic Potentials',
    journal: 'Multiscale Modeling \\& Simulation',
    volume: '14',
    number: '3',
    pages: '1153--1173',
    year: '2016',
    doi: '10.1137/15M1054183',
  },
  golub2003: {
    type: 'article',
    author: 'Golub, Gene and Pereyra, Victor',
    title: 'Separable nonlinear least squares: the variable projection method and its applications',
    journal: 'Inverse Problems',
    volume: '19',
    number: '2',
    pages: 'R1--R26',
    year: '2003',
    doi: '10.1088/0266-5611/19/2/201',
  },
  thompson2015: {
    type: 'article',
    author: 'Thompson, A. P. and Swiler, L. P. and Trott, C. R. and Foiles, S. M. and Tucker, G. J.',
    title:
      'Spectral neighbor analysis method for automated generation of quantum-accurate interatomic potentials',
    journal: 'Journal of Computational Physics',
    volume: '285',
    pages: '316--330',
    year: '2015',
    doi: '10.1016/j.jcp.2014.12.018',
  },
  wood2018: {
    type: 'article',
    author: 'Wood, Mitchell A. and Thompson, Aidan P.',
    title: 'Extending the accuracy of the {SNAP} interatomic potential form',
    journal: 'The Journal of Chemical Physics',
    volume: '148',
    number: '24',
    pages: '241721',
    year: '2018',
    doi: '10.1063/1.5017641',
  },
  ziegler1985: {
    type: 'book',
    author: 'Ziegler, James F. and Biersack, Jochen P. and Littmark, Uwe',
    title: 'The Stopping and Range of Ions in Solids',
    publisher: 'Pergamon',
    address: 'New York',
    year: '1985',
  },
} as const;
type ReferenceKey = keyof typeof REFERENCES;

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
  const cited: ReferenceKey[] = [];
  const cite = (key: ReferenceKey) => {
    if (!cited.includes(key)) cited.push(key);
    return `\\cite{${key}}`;
  };
  const sentences: string[] = [];
  const part = partOf(model, 'moment-tensor');
  const tensor = partOf(model, 'tensor-regression');
  const snap = partOf(model, 'snap');
  const species = model.species.map(latexText).join('–');
  const cutoff = `a cutoff of ${model.cutoff} Å`;
  if (part) {
    sentences.push(
      `Interatomic interactions in ${species} were described by a moment tensor potential ${cite('shapeev2016')} with ` +
        `${fittedParameterCount(model, provenance.settings)} fitted parameters and ${cutoff}.`,
    );
    if (provenance.settings.linear === false) {
      sentences.push(`Its radial functions were optimised by variable projection ${cite('golub2003')}.`);
    }
  } else if (tensor) {
    const train = tensor.head.kind === 'tensor-train' ? ' in tensor-train form' : '';
    sentences.push(
      `Interatomic interactions in ${species} were described by a tensor-regression potential of rank ${rankOf(tensor.head)}${train} ` +
        `over ${descriptorLayout(tensor).size - 1} radial and angular descriptors with ${fittedParameterCount(model, provenance.settings)} fitted parameters and ${cutoff}.`,
    );
  } else if (snap) {
    const { twojmax, quadratic } = snap;
    sentences.push(
      `Interatomic interactions in ${species} were described by a ${quadratic ? 'quadratic ' : ''}spectral neighbour analysis potential (SNAP) ${cite('thompson2015')}` +
        `${quadratic ? ` ${cite('wood2018')}` : ''} with 2J = ${twojmax}, ${parameterCount(model)} coefficients and ${cutoff}.`,
    );
  } else {
    sentences.push(
      `Interatomic interactions in ${species} were described by a ${model.form} potential with ${cutoff}.`,
    );
  }
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

function bibliographyEntry(key: ReferenceKey): string {
  const { type, ...fields } = REFERENCES[key];
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
