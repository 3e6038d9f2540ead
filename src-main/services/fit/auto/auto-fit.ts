/** A fit with a search of its settings before it: one job, one progress, one checkpoint. */
import type { SearchState } from '../../../../src-compute/fitting/auto/choice.ts';
import { FOLDS } from '../../../../src-compute/fitting/fit-settings.ts';
import type { Provenance } from '../../../../src-compute/potentials/document.ts';
import type { AutoRequest } from '../../../../src-compute/forms/common-settings.ts';
import type { FitInput, FitOptions, FitOutcome } from '../fit-input.ts';
import { withoutSearch } from './request-with.ts';
import { searchSettings } from './search.ts';

/** Structures that are searched with at least: two for each part that is held out. */
const FEWEST = 2 * FOLDS;
/** Share of the progress that the search takes. */
const SEARCH_SHARE = 0.6;

/**
 * @param fit runs the fit with the settings that were chosen
 * @throws FitError, PotentialError, CancelledError
 */
export async function runAutoFit(
  input: FitInput,
  auto: AutoRequest,
  options: FitOptions,
  fit: (input: FitInput, options: FitOptions) => Promise<FitOutcome>,
): Promise<FitOutcome> {
  const { onProgress, onCheckpoint, resume } = options;
  if (input.train.count < FEWEST) {
    options.onNote?.(
      `${input.train.count} structures are too few to hold some of them out: the settings are not searched and stay as they are.`,
      'warning',
    );
    return await fit({ ...input, request: withoutSearch(input.request) }, options);
  }
  const found = await searchSettings(
    input,
    auto,
    {
      ...options,
      onProgress: (progress) => onProgress?.({ ...progress, fraction: SEARCH_SHARE * progress.fraction }),
    },
    resume?.known,
  );
  const state: SearchState = found.state;
  if (resume === undefined || resume.stage === 'auto') onCheckpoint?.({ stage: 'auto', known: state });
  const outcome = await fit(
    { ...input, request: found.request },
    {
      ...options,
      // the key is that of the request with the search
      resume: resume === undefined || resume.stage === 'auto' ? undefined : { ...resume, key: undefined },
      onProgress: (progress) =>
        onProgress?.({ ...progress, fraction: SEARCH_SHARE + (1 - SEARCH_SHARE) * progress.fraction }),
      onCheckpoint: (checkpoint) => onCheckpoint?.({ ...checkpoint, known: state }),
    },
  );
  const { document } = outcome;
  // plain data already: what JSON would leave out must not be there
  const search = JSON.parse(JSON.stringify(found.report)) as Provenance['report'];
  const report = { ...document.provenance.report, search };
  return {
    ...outcome,
    document: { ...document, provenance: { ...document.provenance, report } },
    seconds: outcome.seconds + found.report.seconds,
    search: found.report,
  };
}
