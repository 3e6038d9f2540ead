/**
 * Tensor-regression potentials on the mlearn splits (docs/physics.md §7): accuracy by size beside quadratic SNAP and moment
 * tensors, cost per step beside moment tensors in the same minute, tensor trains beside the dense tensor of the same rank,
 * and the time of a fit against the amount of data. CPU times, since machines are shared.
 *
 *   node test/benchmarks/tensor-regression.ts accuracy [--elements Si,Mo]
 *   node test/benchmarks/tensor-regression.ts train [--elements Si] [--radial 9 --angular 4 --angular-radial 2 --bond 2]
 *   node test/benchmarks/tensor-regression.ts time [--elements Si]
 *   node test/benchmarks/tensor-regression.ts cost
 */
import { parseArgs } from 'node:util';
import v8 from 'node:v8';
import { atomsOf, createForceEngine } from '../../src-compute/backends/index.ts';
import type { PotentialModelBase } from '../../src-compute/potentials/potential.ts';
import { parameterCount } from '../../src-compute/potentials/registry.ts';
import type { Configuration } from '../../src-compute/structure/configuration.ts';
import { readConfigurations } from '../../src-main/formats/index.ts';
import { setInMemory } from '../../src-compute/fitting/data/configuration-set.ts';
import { fitRequestSchema, type FitRequestInput } from '../../src-main/services/fit/fit-request.ts';
import { runFit, type FitOutcome } from '../../src-main/services/fit/fit-service.ts';
import { randomMomentTensor, randomTensorRegression } from '../conformance/potentials.ts';
import { sharedPath } from '../support/shared.ts';

// kernels are compared as they run after a while: optimised
v8.setFlagsFromString('--no-liftoff');
v8.setFlagsFromString('--no-wasm-lazy-compilation');

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    elements: { type: 'string' },
    radial: { type: 'string', default: '9' },
    angular: { type: 'string', default: '4' },
    'angular-radial': { type: 'string', default: '2' },
    bond: { type: 'string', default: '2' },
    sweeps: { type: 'string', default: '24' },
  },
});

const toBeat: Readonly<Record<string, string>> = {
  Si: 'quadratic SNAP, fitted here by others: 3.53 meV/atom, 0.090 eV/Å in 9 s CPU; MTP published 2.21, 0.06',
  Mo: 'quadratic SNAP, fitted here by others: 5.15 meV/atom, 0.134 eV/Å; MTP published 2.83, 0.09',
};

interface Split {
  readonly train: readonly Configuration[];
  readonly test: readonly Configuration[];
}

async function split(element: string): Promise<Split> {
  const read = (part: string) => readConfigurations(sharedPath('data', `${element}_${part}.xyz`));
  return { train: await read('train'), test: await read('test') };
}

type TensorInput = Omit<Extract<FitRequestInput, { form: 'tensor-regression' }>, 'form'>;

/** A fit and the CPU time of this process for it, s. */
async function fit(data: Split, tensor: TensorInput, more: TensorInput = {}) {
  const before = process.cpuUsage();
  const outcome = await runFit({
    name: 'benchmark',
    train: setInMemory(data.train),
    test: setInMemory(data.test),
    request: fitRequestSchema.parse({ form: 'tensor-regression', ...tensor, ...more }),
    data: [],
  });
  const { user, system } = process.cpuUsage(before);
  return { outcome, cpu: (user + system) / 1e6 };
}

function line(name: string, outcome: FitOutcome, cpu: number): string {
  const { test } = outcome;
  const show = (value: number | null | undefined, digits: number) => (value ?? NaN).toFixed(digits);
  return (
    `  ${name}: ${outcome.parameters} parameters, test MAE ${show(test?.energy_mae_mev_per_atom, 2)} meV/atom, ` +
    `${show(test?.force_mae_ev_per_a, 4)} eV/Å (RMSE ${show(test?.energy_rmse_mev_per_atom, 2)}, ` +
    `${show(test?.force_rmse_ev_per_a, 4)}); ${cpu.toFixed(1)} s CPU; ${String(outcome.document.provenance.report.stoppedBecause)}`
  );
}

const elements = (fallback: string) => (values.elements ?? fallback).split(',');

async function accuracy(): Promise<void> {
  const sizes: [string, TensorInput][] = [
    ['defaults', {}],
    ['6, 4, 1', { radialSize: 6, angularSize: 4, angularRadial: 1 }],
    ['6, 4, 2', { radialSize: 6, angularSize: 4, angularRadial: 2 }],
    ['8, 5, 2', { radialSize: 8, angularSize: 5, angularRadial: 2 }],
    ['6, 4, 3', { radialSize: 6, angularSize: 4, angularRadial: 3 }],
    ['8, 5, 3', { radialSize: 8, angularSize: 5, angularRadial: 3 }],
  ];
  for (const element of elements('Si,Mo')) {
    console.log(`${element}: ${toBeat[element] ?? 'see docs/physics.md §7'}`);
    const data = await split(element);
    for (const [name, tensor] of sizes) {
      const { outcome, cpu } = await fit(data, tensor);
      console.log(line(`rank 2, ${name}`, outcome, cpu));
    }
  }
}

async function train(): Promise<void> {
  const sizes = {
    radialSize: Number(values.radial),
    angularSize: Number(values.angular),
    angularRadial: Number(values['angular-radial']),
  };
  for (const element of elements('Si')) {
    const data = await split(element);
    const dense = await fit(data, { ...sizes, rank: 3 });
    console.log(line(`${element} dense rank 3`, dense.outcome, dense.cpu));
    const bondDimension = Number(values.bond);
    const own = await fit(data, { ...sizes, rank: 3, bondDimension, sweeps: Number(values.sweeps) });
    console.log(line(`${element} tensor train rank 3, χ = ${bondDimension}`, own.outcome, own.cpu));
    const ratio = (key: 'energy_mae_mev_per_atom' | 'force_mae_ev_per_a') =>
      ((own.outcome.test?.[key] ?? NaN) / (dense.outcome.test?.[key] ?? NaN)).toFixed(3);
    console.log(
      `  parameters ${(own.outcome.parameters / dense.outcome.parameters).toFixed(3)}, energy MAE ${ratio('energy_mae_mev_per_atom')}, ` +
        `force MAE ${ratio('force_mae_ev_per_a')} of the dense tensor's`,
    );
  }
}

/** CPU time of fits to 1, 2, 4 and 8 copies' worth of the data: what is beyond the constant part should double. */
async function time(): Promise<void> {
  for (const element of elements('Si')) {
    const { train: all } = await split(element);
    const shuffled = all.map((c, k) => ({ c, key: (k * 0.618034) % 1 })).sort((a, b) => a.key - b.key);
    for (const share of [8, 4, 2, 1]) {
      const part = shuffled.slice(0, Math.round(all.length / share)).map(({ c }) => c);
      const sizes = { radialSize: 6, angularSize: 4, angularRadial: 2 };
      const { outcome, cpu } = await fit({ train: part, test: part.slice(0, 1) }, sizes, { ridge: 1e-6 });
      const { configurations, atoms } = outcome.train;
      console.log(
        `  ${element}: ${configurations} configurations, ${atoms} atoms: ${cpu.toFixed(2)} s CPU, ${((1e6 * cpu) / atoms).toFixed(0)} µs per atom`,
      );
    }
  }
}

/** Time per step beside moment tensors, shortest of several runs in turn. */
function cost(): void {
  const edge = 5.43;
  const repeat = 5;
  const basis = [0, 0, 0, 2, 2, 0, 2, 0, 2, 0, 2, 2, 1, 1, 1, 3, 3, 1, 3, 1, 3, 1, 3, 3];
  const positions: number[] = [];
  for (let cell = 0; cell < repeat ** 3; cell++) {
    const at = [cell % repeat, Math.floor(cell / repeat) % repeat, Math.floor(cell / repeat ** 2)];
    basis.forEach((q, k) => positions.push((at[k % 3] + q / 4) * edge + 0.08 * Math.sin(positions.length)));
  }
  const crystal: Configuration = {
    symbols: ['Si'],
    kinds: new Uint16Array(positions.length / 3),
    positions: Float64Array.from(positions),
    cell: Float64Array.of(repeat * edge, 0, 0, 0, repeat * edge, 0, 0, 0, repeat * edge),
    periodic: [true, true, true],
  };
  const tensor = (radialSize: number, angularSize: number, angularRadial: number, bonds?: number[]) =>
    randomTensorRegression(['Si'], 1, { cutoff: 5, radialSize, angularSize, angularRadial, bonds });
  const models: [string, PotentialModelBase][] = [
    ['tensor rank 2, 6, 4, 1', tensor(6, 4, 1)],
    ['tensor rank 2, 6, 4, 2', tensor(6, 4, 2)],
    ['tensor rank 2, 6, 4, 3', tensor(6, 4, 3)],
    ['tensor rank 2, 8, 5, 3', tensor(8, 5, 3)],
    ['tensor rank 2, 8, 6, 3 (default)', tensor(8, 6, 3)],
    ['tensor train rank 3, χ = 3, 8, 5, 3', tensor(8, 5, 3, [1, 3, 3, 1])],
    ...[8, 12, 16, 20].map((level): [string, PotentialModelBase] => [
      `moment tensor, level ${level}`,
      randomMomentTensor(level, ['Si'], 1, 5),
    ]),
  ];
  const engines = models.map(([, model]) => createForceEngine(model, atomsOf(crystal), { backend: 'wasm' }));
  const best = models.map(() => Infinity);
  for (let round = 0; round < 12; round++) {
    engines.forEach((engine, k) => {
      const start = performance.now();
      engine.compute(crystal.positions, crystal.cell);
      best[k] = Math.min(best[k], performance.now() - start);
    });
  }
  models.forEach(([name, model], k) => {
    const perAtom = (1000 * best[k]) / crystal.kinds.length;
    console.log(
      `  ${name}: ${parameterCount(model)} parameters, ${perAtom.toFixed(2)} µs per atom and evaluation`,
    );
  });
}

for (const part of positionals.length > 0 ? positionals : ['accuracy', 'train', 'time', 'cost']) {
  console.log(part);
  if (part === 'accuracy') await accuracy();
  else if (part === 'train') await train();
  else if (part === 'time') await time();
  else if (part === 'cost') cost();
  else throw new Error(`no part ${part}`);
}
