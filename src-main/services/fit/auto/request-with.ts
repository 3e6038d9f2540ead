/** A request for a fit with what a search found. */
import type { TrialPoint } from '../../../../src-compute/fitting/auto/choice.ts';
import type { FitRequest } from '../fit-request.ts';

/** The request with the settings of a trial. */
export function requestWith(request: FitRequest, point: TrialPoint): FitRequest {
  const { cutoff, radialSize, angularSize, angularRadial, level, forceWeight } = point;
  return {
    ...request,
    auto: undefined,
    cutoff,
    level: level ?? request.level,
    weights: { ...request.weights, force: forceWeight },
    tensor:
      radialSize === undefined
        ? request.tensor
        : { ...request.tensor, radialSize, angularSize, angularRadial },
  };
}
