/**
 * Relaxation of positions and, if wanted, the cell: to the nearest minimum of E + PV, with a preconditioned quasi-Newton
 * method or FIRE, on any engine.
 */
import { CancelledError } from '../errors.ts';
import type { ForceEngine } from '../potentials/potential.ts';
import { atomCount, type Configuration } from '../structure/configuration.ts';
import { withoutLabels } from '../structure/properties.ts';
import { Fire } from './fire.ts';
import { Landscape } from './landscape.ts';
import { Lbfgs } from './lbfgs.ts';
import { SpringPreconditioner } from './preconditioner.ts';
import type { RelaxationEnd, RelaxationResult, RelaxationSettings } from './settings.ts';

/** The preconditioner is made anew when an atom has gone so far, in shortest distances. */
const STALE = 0.3;
/** Steps without a lower energy or a smaller force after which a relaxation has stalled. */
const PATIENCE = 50;

/**
 * Relaxes a structure.
 * @throws SimulationError when an energy is no number; CancelledError when the signal says so; StructureError when the
 *   symmetry is not the structure's
 */
export async function relax(
  configuration: Configuration,
  engine: ForceEngine,
  settings: RelaxationSettings = {},
): Promise<RelaxationResult> {
  const tolerance = settings.tolerance ?? 1e-4;
  const limit = settings.steps ?? 2000;
  const landscape = new Landscape(configuration, engine, settings);
  const x = landscape.startingPoint();
  await landscape.evaluate(x);
  const stepper = stepperOf(settings, landscape, x, configuration);
  const progress = new Progress();
  let end: RelaxationEnd | undefined;
  let step = 0;
  const tell = () => {
    settings.onStep?.({
      step,
      energy: landscape.energy,
      largestForce: landscape.largestForce,
      largestStress: landscape.largestStress,
      positions: landscape.positions,
      cell: landscape.cell,
    });
  };
  tell();
  const isDone = () => landscape.largestForce <= tolerance && landscape.largestStress <= tolerance;
  while (end === undefined) {
    if (isDone()) end = 'converged';
    else if (step >= limit) end = 'steps';
    else if (settings.signal?.aborted) throw new CancelledError();
    else if (!(await stepper()) || progress.isStalled(landscape)) end = isDone() ? 'converged' : 'stalled';
    else {
      step++;
      tell();
    }
  }
  const { energy, virial } = engine.result;
  return {
    configuration: {
      ...withoutLabels(configuration),
      positions: landscape.positions.slice(),
      cell: landscape.cell.slice(),
      energy,
    },
    energy,
    virial: virial.slice(),
    steps: step,
    evaluations: landscape.evaluations,
    converged: end === 'converged',
    end,
    largestForce: landscape.largestForce,
  };
}

function stepperOf(
  settings: RelaxationSettings,
  landscape: Landscape,
  x: Float64Array,
  configuration: Configuration,
): () => Promise<boolean> {
  if (settings.method === 'fire') {
    const fire = new Fire(landscape, x);
    return () => fire.step();
  }
  const lbfgs = new Lbfgs(landscape, x);
  let known: { springs: SpringPreconditioner; at: Float64Array } | undefined;
  return () => {
    const far = STALE * (known?.springs.nearest ?? Infinity);
    if (known === undefined || furthest(x, known.at, 3 * atomCount(configuration)) > far) {
      const { positions, cell } = landscape;
      known = { springs: new SpringPreconditioner({ ...configuration, positions, cell }), at: x.slice() };
    }
    return lbfgs.step(known.springs);
  };
}

/** Watches whether anything still gets better. */
class Progress {
  private energy = Infinity;
  private force = Infinity;
  private idle = 0;

  isStalled({ energy, largestForce, largestStress, roundOff }: Landscape): boolean {
    const force = Math.max(largestForce, largestStress);
    const isBetter = energy < this.energy - roundOff * Math.abs(this.energy) || force < 0.99 * this.force;
    this.energy = Math.min(this.energy, energy);
    this.force = Math.min(this.force, force);
    this.idle = isBetter ? 0 : this.idle + 1;
    return this.idle > PATIENCE;
  }
}

function furthest(a: Float64Array, b: Float64Array, count: number): number {
  let most = 0;
  for (let k = 0; k < count; k += 3)
    most = Math.max(most, Math.hypot(a[k] - b[k], a[k + 1] - b[k + 1], a[k + 2] - b[k + 2]));
  return most;
}
