/** A request for a fit with what a search found. */
import type { TrialPoint } from '../../../../src-compute/fitting/auto/choice.ts';
import type { FitRequest } from '../fit-request.ts';

/** The request as it stands, to be fitted without a search. */
export function withoutSearch(request: FitRequest): FitRequest {
  return 'auto' in request ? { ...request, auto: undefined } : request;
}

/** The request with the settings of a trial. */
export function requestWith(request: FitRequest, point: TrialPoint): FitRequest {
  const { cutoff, radialSize, angularSize, angularRadial, level, forceWeight } = point;
  const taken = { cutoff, weights: { ...request.weights, force: forceWeight } };
  switch (request.form) {
    case 'moment-tensor':
      return withoutSearch({ ...request, ...taken, level: level ?? request.level });
    case 'tensor-regression':
      return withoutSearch({
        ...request,
        ...taken,
        ...(radialSize !== undefined && { radialSize, angularSize, angularRadial }),
      });
    default:
      return { ...request, ...taken };
  }
}
