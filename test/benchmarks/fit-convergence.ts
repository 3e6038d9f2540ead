/**
 * How many passes over the data a full fit needs: variable projection against plain BFGS over all parameters, from
 * the same starting point, on the same objective. Prints both curves and, for a few losses, the passes each needed.
 *
 *   node test/benchmarks/fit-convergence.ts [--level 8] [--set ../shared/data/Si_train.xyz] [--passes 400] [--stride 2]
 */
import { parseArgs } from 'node:util';
import { fitMomentTensor } from '../../src-compute/fitting/fit-moment-tensor.ts';
import { FitPool } from '../../src-compute/fitting/fit-pool.ts';
import { DEFAULT_FIT_SETTINGS, GROUPS } from '../../src-compute/fitting/fit-settings.ts';
import { linearPart, solveRidge } from '../../src-compute/fitting/least-squares.ts';
import { normaliseCoefficients, startingCoefficients } from '../../src-compute/fitting/radial-start.ts';
import { SeededRandom } from '../../src-compute/fitting/random.ts';
import { generateMomentGraph } from '../../src-compute/potentials/moment-tensor/basis.ts';
import { openFitChannels } from '../../src-main/services/fit/fit-channels.ts';
import { readConfigurations } from '../../src-main/formats/index.ts';
import { sourceOf } from '../support/fit.ts';
import { sharedPath } from '../support/shared.ts';

const { values } = parseArgs({
  options: {
    level: { type: 'string', default: '8' },
    set: { type: 'string', default: sharedPath('data', 'Si_train.xyz') },
    passes: { type: 'string', default: '400' },
    stride: { type: 'string', default: '2' },
  },
});
const level = Number(values.level);
const configurations = (await readConfigurations(values.set)).filter(
  (_, k) => k % Number(values.stride) === 0,
);
const species = configurations[0].symbols;
const settings = {
  ...DEFAULT_FIT_SETTINGS,
  species,
  level,
  minimumDistance: 2,
  ridge: 1e-9,
  maximumIterations: 60,
};
const graph = generateMomentGraph({ level });
const shape = {
  species: species.length,
  functions: graph.radialFunctionCount,
  size: settings.radialBasisSize,
};
const scaling = 1 / (settings.cutoff - settings.minimumDistance) ** 2;
const source = sourceOf(configurations, species, (k) => k % 8);
const pool = new FitPool(openFitChannels(2, 'moment-tensor'), source);
const start = startingCoefficients(shape, 2, new SeededRandom(4));
normaliseCoefficients(start, shape);

const projection = await fitMomentTensor(
  settings,
  pool,
  { atoms: source.atomCount, hasValidation: false },
  {},
  undefined,
  start.slice(),
);
const newton = projection.curve.map(({ passes, loss }) => ({ passes, loss }));
const bfgs = await runBfgs(Number(values.passes));
pool.dispose();

console.log(`level ${level}, ${configurations.length} configurations, ${source.atomCount} atoms`);
console.log('passes and loss per configuration, variable projection:');
console.log('  ' + newton.map((p) => `${p.passes}:${p.loss.toPrecision(4)}`).join('  '));
console.log('the same, BFGS over all parameters:');
console.log(
  '  ' +
    bfgs
      .filter((_, k) => k % 20 === 0)
      .map((p) => `${p.passes}:${p.loss.toPrecision(4)}`)
      .join('  '),
);
const final = newton.at(-1)!.loss;
for (const factor of [3, 2, 1.5, 1.2, 1.05]) {
  const needs = (curve: typeof newton) => curve.find((p) => p.loss <= factor * final)?.passes;
  const [a, b] = [needs(newton), needs(bfgs)];
  console.log(
    `loss ${(factor * final).toPrecision(3)} (${factor} × the final one): variable projection ${a ?? '–'}, BFGS ${b ?? `not in ${values.passes}`}${a && b ? `, ratio ${(b / a).toFixed(1)}` : ''}`,
  );
}

/** Loss and gradient over (x, c) from the Gram matrix of one pass at this point; x in units of the columns' norms. */
async function runBfgs(maximumPasses: number): Promise<{ passes: number; loss: number }[]> {
  const linear = species.length + graph.scalarMoments.length;
  const n = linear + start.length;
  const slots = new Int32Array(GROUPS).fill(0);
  const curve: { passes: number; loss: number }[] = [];
  let passes = 0;
  pool.configure({ graph, ...settings, species: species.length, scaling });
  const first = (await pool.pass({ radialCoefficients: start }, slots)).get(0)!;
  passes++;
  const equations = linearPart(first.gram, linear + 1, linear);
  // BFGS gets the linear solution as its start, and columns of unit norm: better than it usually has
  const x0 = solveRidge(equations, 1e-6, species.length).x;
  const unit = Float64Array.from({ length: n }, (_, k) =>
    k < linear ? 1 / (Math.sqrt(equations.gram[k * linear + k]) || 1) : 1,
  );
  const evaluate = async (p: Float64Array) => {
    const x = p.subarray(0, linear).map((v, k) => v * unit[k]);
    const c = p.slice(linear);
    const point = { radialCoefficients: c, momentCoefficients: x.slice(species.length) };
    const { gram } = (await pool.pass(point, slots)).get(0)!;
    passes++;
    const total = n + 1;
    // r = A x − y as a combination of columns: gradient of |r|² is 2 (A | D)ᵀ r
    let loss = gram[total * total - 1];
    const gradient = new Float64Array(n);
    for (let i = 0; i < n; i++) {
      let dot = -gram[i * total + n];
      for (let j = 0; j < linear; j++) dot += gram[i * total + j] * x[j];
      gradient[i] = 2 * dot * unit[i];
      if (i < linear) loss += x[i] * (dot - gram[i * total + n]);
    }
    return { loss, gradient };
  };
  let p = Float64Array.from([...x0.map((v, k) => v / unit[k]), ...start]);
  let now = await evaluate(p);
  const inverse = new Float64Array(n * n);
  for (let i = 0; i < n; i++) inverse[i * n + i] = 1 / Math.hypot(...now.gradient);
  while (passes < maximumPasses) {
    const direction = new Float64Array(n);
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++) direction[i] -= inverse[i * n + j] * now.gradient[j];
    const slope = direction.reduce((sum, d, k) => sum + d * now.gradient[k], 0);
    let step = 1;
    let next = now;
    let trial = p;
    for (; step > 1e-12; step /= 3) {
      trial = p.map((v, k) => v + step * direction[k]);
      next = await evaluate(trial);
      if (next.loss <= now.loss + 1e-4 * step * slope || passes >= maximumPasses) break;
    }
    if (!(next.loss < now.loss)) break;
    update(
      inverse,
      n,
      trial.map((v, k) => v - p[k]),
      next.gradient.map((v, k) => v - now.gradient[k]),
    );
    p = trial;
    now = next;
    curve.push({ passes, loss: now.loss / configurations.length });
  }
  return curve;
}

/** BFGS update of the inverse Hessian: H ← (I − ρ s yᵀ) H (I − ρ y sᵀ) + ρ s sᵀ. */
function update(h: Float64Array, n: number, s: Float64Array, y: Float64Array): void {
  const sy = s.reduce((sum, v, k) => sum + v * y[k], 0);
  if (!(sy > 1e-14)) return;
  const hy = new Float64Array(n);
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) hy[i] += h[i * n + j] * y[j];
  const yhy = hy.reduce((sum, v, k) => sum + v * y[k], 0);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++)
      h[i * n + j] += ((1 + yhy / sy) * s[i] * s[j] - hy[i] * s[j] - s[i] * hy[j]) / sy;
  }
}
