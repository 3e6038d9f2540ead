/** Where the recipe `seed` starts: a liquid with a ball of crystal in its middle. */
import { forEachPair } from '../../../src-compute/analysis/pair-iteration.ts';
import { ForcewrightError } from '../../../src-compute/errors.ts';
import { relax } from '../../../src-compute/relaxation/index.ts';
import { volume } from '../../../src-compute/structure/cell.ts';
import type { Configuration } from '../../../src-compute/structure/configuration.ts';
import { selectAtoms, supercell } from '../../../src-compute/structure/lattices.ts';
import { openSimulationEngine } from '../simulations/engines.ts';
import { stretch } from './dynamics.ts';
import { simulationPressure } from './melting.ts';
import type { RecipeContext } from './recipe.ts';

export interface SeededLiquidSettings {
  /** K */
  readonly temperature: number;
  /** GPa */
  readonly pressure: number;
  /** Å; 0 for a pure liquid */
  readonly radius: number;
  /** Å, at least */
  readonly boxLength: number;
  /** K at which the liquid is made; three times the temperature when absent */
  readonly meltTemperature?: number;
  /** fs */
  readonly timestep: number;
  /** steps of each preparation */
  readonly equilibration: number;
  readonly seed: number;
}

/**
 * A liquid at the temperature and pressure with a ball of crystal in its middle.
 * @throws ForcewrightError when the ball does not fit
 */
export async function seededLiquid(
  crystal: Configuration,
  options: SeededLiquidSettings,
  context: RecipeContext,
): Promise<{ readonly start: Configuration; readonly seeded: number }> {
  const edge = (k: number) => Math.hypot(...crystal.cell.subarray(3 * k, 3 * k + 3));
  const counts = [0, 1, 2].map((k) => Math.ceil(options.boxLength / edge(k)));
  const solid = supercell(crystal, [counts[0], counts[1], counts[2]]);
  if (options.radius > 0.4 * Math.min(...[0, 1, 2].map((k) => counts[k] * edge(k)))) {
    throw new ForcewrightError('The seed does not fit into the box.', {
      remedy: 'Use a larger box or a smaller seed.',
    });
  }
  const engine = await openSimulationEngine(context.model, solid, context.engine);
  let liquid: Configuration;
  try {
    const pressure = simulationPressure(context.model, solid, options.pressure);
    const hot = options.meltTemperature ?? 3 * options.temperature;
    const input = {
      ensemble: 'npt' as const,
      pressure,
      timestep: options.timestep,
      steps: options.equilibration,
    };
    const molten = await stretch(
      solid,
      engine,
      {
        ...input,
        ensemble: 'nvt-langevin',
        pressure: undefined,
        temperature: hot,
        timestep: options.timestep / 2,
        seed: options.seed,
      },
      context,
      { onProgress: (f) => context.onProgress(0.1 * f, 'melting') },
    );
    const cooled = await stretch(
      molten.configuration,
      engine,
      {
        ...input,
        temperature: { start: hot, end: options.temperature },
        seed: options.seed + 1,
        keepVelocities: true,
      },
      context,
      { onProgress: (f) => context.onProgress(0.1 + 0.1 * f, 'cooling the liquid') },
    );
    liquid = cooled.configuration;
  } finally {
    engine.dispose();
  }
  const { start, inSeed } = insertSeed(liquid, crystal, options.radius);
  const seeded = inSeed.reduce((a, b) => a + b, 0);
  const again = await openSimulationEngine(context.model, start, context.engine);
  try {
    const relaxed = await relax(start, again, { tolerance: 0.05, steps: 300 });
    const settled = await stretch(
      { ...relaxed.configuration, velocities: undefined },
      again,
      {
        ensemble: 'nvt-langevin',
        temperature: options.temperature,
        timestep: options.timestep,
        steps: options.equilibration,
        seed: options.seed + 2,
      },
      context,
      {
        fixed: seeded > 0 ? inSeed : undefined,
        onProgress: (f) => context.onProgress(0.2 + 0.1 * f, 'joining seed and liquid'),
      },
    );
    return { start: { ...settled.configuration, velocities: undefined }, seeded };
  } finally {
    again.dispose();
  }
}

/** Replaces the middle of the liquid by crystal; liquid atoms nearer than 0.7 of the bond length to it go. */
export function insertSeed(liquid: Configuration, crystal: Configuration, radius: number) {
  if (radius === 0) return { start: liquid, inSeed: new Uint8Array(liquid.kinds.length) };
  const centre = [0, 1, 2].map((a) => (liquid.cell[a] + liquid.cell[3 + a] + liquid.cell[6 + a]) / 2);
  const reach = [0, 1, 2].map(
    (k) => Math.ceil((2 * radius) / Math.hypot(...crystal.cell.subarray(3 * k, 3 * k + 3))) + 2,
  );
  const block = supercell(crystal, [reach[0], reach[1], reach[2]]);
  const middle = [0, 1, 2].map((a) => (block.cell[a] + block.cell[3 + a] + block.cell[6 + a]) / 2);
  const inside = Array.from(block.kinds.keys()).filter(
    (i) => Math.hypot(...[0, 1, 2].map((a) => block.positions[3 * i + a] - middle[a])) <= radius,
  );
  const ball = selectAtoms(block, inside);
  const moved = ball.positions.map((x, k) => x - middle[k % 3] + centre[k % 3]);
  const bond = 0.7 * Math.cbrt(volume(crystal.cell) / crystal.kinds.length);
  const kindOf = Uint16Array.from(ball.kinds, (kind) => liquid.symbols.indexOf(ball.symbols[kind]));
  const all: Configuration = {
    ...liquid,
    kinds: Uint16Array.of(...kindOf, ...liquid.kinds),
    positions: Float64Array.of(...moved, ...liquid.positions),
    velocities: undefined,
    masses: undefined,
  };
  const count = inside.length;
  const gone = new Set<number>();
  forEachPair(all, bond, (i, j) => {
    if (i < count && j >= count) gone.add(j);
    else if (j < count && i >= count) gone.add(i);
  });
  const kept = Array.from(all.kinds.keys()).filter((i) => !gone.has(i));
  return { start: selectAtoms(all, kept), inSeed: Uint8Array.from(kept, (i) => (i < count ? 1 : 0)) };
}
