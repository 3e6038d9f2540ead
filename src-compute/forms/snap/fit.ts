/**
 * Fits of SNAP potentials: a polynomial of first or second degree in the bispectrum components of an atom, one for each
 * element, by one linear solve.
 *
 * Components are standardised for the solve; the coefficients that LAMMPS' files have follow by multiplying out
 * Σ x_ab v'_a v'_b with v'_a = c_a (v_a − s_a). Below the distances of the data the inner switch takes neighbours out, and
 * the repulsion of bare nuclei takes over: what LAMMPS' files can say, unlike a hand-over by pairs.
 */
import { PotentialError } from '../../errors.ts';
import { baselineEnergies } from '../../fitting/data/reference-energies.ts';
import type { RepulsionRadii } from '../../fitting/repulsion/radii.ts';
import { tripleOrder } from '../../potentials/snap/bispectrum.ts';
import { validateSnapModel, type SnapModel } from '../../potentials/snap/model.ts';
import { denseCount } from '../../potentials/tensor-regression/heads.ts';
import { runDenseFit } from '../dense-fit.ts';
import { denseWork } from '../descriptor-fit.ts';
import type { FitData, FitDataSize, FitForecast, FitForm, FitPlan } from '../fit-form.ts';
import type { SnapDescriptorSettings } from './component-settings.ts';
import { SnapDescriptors } from './descriptors.ts';
import { snapFitSettings, type SnapFitRequest } from './settings.ts';

type Data = FitData<SnapFitRequest>;

/** s per atom and component and its derivatives, of one core; measured with 2J = 8 and 28 neighbours. */
const SECONDS_PER_COMPONENT = 5e-6;

export const snapFit: FitForm<SnapFitRequest, SnapModel> = {
  tag: 'snap',
  title: 'SNAP',
  help: [
    'a spectral neighbour analysis potential: linear or quadratic in the bispectrum components of an atom, by one',
    'linear solve; LAMMPS’ .snapcoeff and .snapparam are written beside it.',
  ],
  settings: snapFitSettings,
  smaller: 'smaller 2J',
  name: ({ twojmax, quadratic }) => `${quadratic ? 'quadratic ' : ''}SNAP 2J=${twojmax}`,
  words: ({ twojmax, quadratic }) => `${quadratic ? 'quadratic ' : ''}SNAP, 2J = ${twojmax}`,
  stopsEarly: () => false,
  forecast,
  plan,
};

const rankOf = ({ quadratic }: SnapFitRequest) => (quadratic ? 2 : 1);

function forecast(request: SnapFitRequest, size: FitDataSize): FitForecast {
  const elements = size.species.length;
  const m = 1 + tripleOrder(request.twojmax).length * (request.elementsApart ? elements ** 3 : 1);
  const linear = elements * denseCount(m, rankOf(request));
  const { shared, alone } = denseWork(linear, size);
  return {
    linear,
    radial: 0,
    solved: linear,
    descriptors: { size: m },
    work: { shared: shared + SECONDS_PER_COMPONENT * size.atoms * m, alone },
    kind: 'dense',
  };
}

function plan(data: Data): FitPlan<SnapModel> {
  const { request, survey, references, train } = data;
  if (data.initial)
    throw new PotentialError('A SNAP fit starts from its data, not from another potential.', {
      remedy: 'Leave --start-from out.',
    });
  const settings = descriptorSettings(data);
  const baseline = baselineEnergies(train, survey, references);
  const m = SnapDescriptors.count(settings);
  return {
    notes: [
      `${m - 1} bispectrum components, ${denseCount(m, rankOf(request))} coefficients for each of ${survey.species.length} elements.`,
    ],
    baseline,
    run: (run) =>
      runDenseFit(
        data,
        {
          descriptors: settings,
          rank: rankOf(request),
          // components are products of three sums over neighbours
          order: 3,
          baseline,
          smaller: 'A smaller 2J',
          warnings: missingPairs(data),
          settings: {
            ...request,
            radii: named(survey.species, settings.radii),
            elementWeights: named(survey.species, settings.weights),
          },
          assemble: (coefficients) => assemble(settings, request, coefficients),
        },
        run,
      ),
  };
}

/** @throws PotentialError for radii and weights of elements that the data do not have */
function descriptorSettings({ request, survey, radii }: Data): SnapDescriptorSettings {
  const { species } = survey;
  const { cutoff, twojmax, rfac0, rmin0, switching, subtractIsolated, elementsApart } = request;
  const relative = byElement(species, request.radii, '--radii', () => 0.5);
  return {
    family: 'snap',
    species,
    cutoff,
    ...{ twojmax, rfac0, rmin0, switching, subtractIsolated, elementsApart },
    normalised: false,
    selfInAll: false,
    rcutfac: cutoff / (2 * Math.max(...relative)),
    radii: relative,
    // elements of one weight could not be told apart
    weights: byElement(species, request.elementWeights, '--element-weights', (k) =>
      species.length > 1 ? 0.5 + (0.5 * k) / (species.length - 1) : 1,
    ),
    ...(radii && { inner: innerSwitch(radii) }),
  };
}

function byElement(
  species: readonly string[],
  given: Readonly<Record<string, number>> | undefined,
  option: string,
  usual: (index: number) => number,
): Float64Array {
  const foreign = Object.keys(given ?? {}).filter((name) => !species.includes(name));
  if (foreign.length > 0)
    throw new PotentialError(
      `${option} names ${foreign.join(', ')}, and the data have ${species.join(', ')}.`,
      { remedy: 'Name elements of the data.' },
    );
  return Float64Array.from(species, (name, k) => given?.[name] ?? usual(k));
}

/**
 * The inner switch of each element, between the radii of the repulsion: the shortest of its pairs, so that the mean of two
 * elements lies below the distances that any pair has in the data.
 */
export function innerSwitch({ handover, zbl }: RepulsionRadii): {
  centres: Float64Array;
  widths: Float64Array;
} {
  const n = zbl.species.length;
  const own = zbl.species.map((_, a) => {
    const pairs = Array.from({ length: n }, (__, b) => a * n + b);
    const known = pairs.filter((pair) => handover.inner[pair] < handover.outer[pair]);
    const of = (list: Float64Array) =>
      Math.min(...(known.length > 0 ? known : pairs).map((pair) => list[pair]));
    const { inner, outer } = zbl.radii ?? handover;
    return { inner: of(inner), outer: of(outer) };
  });
  return {
    centres: Float64Array.from(own, ({ inner, outer }) => (inner + outer) / 2),
    widths: Float64Array.from(own, ({ inner, outer }) => (outer - inner) / 2),
  };
}

/** The learnt part of a pair that the data never have is what its elements do with others. */
function missingPairs({ survey, radii }: Data): string[] {
  return radii && survey.shortest.some((distance) => !Number.isFinite(distance))
    ? [
        'The components of SNAP know elements by their weights: a pair that the data never have is drawn and repelled as its elements are by others.',
      ]
    : [];
}

const named = (species: readonly string[], values: Float64Array) =>
  Object.fromEntries(species.map((name, k) => [name, values[k]]));

/** The model as LAMMPS' files have it. @param coefficients of the components themselves, species after species */
function assemble(
  settings: SnapDescriptorSettings,
  { quadratic }: SnapFitRequest,
  coefficients: Float64Array,
): SnapModel {
  const { species, cutoff, twojmax, rcutfac, rfac0, rmin0, switching, subtractIsolated } = settings;
  const { elementsApart, normalised, selfInAll, radii, weights, inner } = settings;
  const model: SnapModel = {
    form: 'snap',
    ...{ species, cutoff, twojmax, rcutfac, rfac0, rmin0, switching, subtractIsolated },
    ...{ elementsApart, normalised, selfInAll, radii, weights, ...(inner && { inner }) },
    ...{ quadratic, coefficients },
  };
  validateSnapModel(model);
  return model;
}
