/**
 * Errors that a user may meet. Everything thrown on purpose derives from ForcewrightError: `message` is one
 * sentence for the user that says what was expected, `remedy` says what to do, `cause` keeps the original error.
 */
export class ForcewrightError extends Error {
  /** What the user can do about it, as a sentence; empty when the message already says it. */
  readonly remedy: string;

  constructor(message: string, options: { remedy?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.remedy = options.remedy ?? '';
  }
}

/** A structure or a dataset breaks an invariant: NaN positions, a cell without volume, overlapping atoms, … */
export class StructureError extends ForcewrightError {}

/** A potential cannot be used: unknown form, species it was not made for, inconsistent parameters. */
export class PotentialError extends ForcewrightError {}

/** A fit cannot go on: no labels, a singular system, weights that leave nothing to fit. */
export class FitError extends ForcewrightError {}

/** A simulation cannot go on: exploding energies, impossible settings. */
export class SimulationError extends ForcewrightError {}

/** A backend is missing or cannot run this potential here; the message names the fall-back. */
export class BackendError extends ForcewrightError {}

/** Thrown when the user cancels; never shown as a failure. */
export class CancelledError extends ForcewrightError {
  constructor(message = 'Cancelled.') {
    super(message);
  }
}
