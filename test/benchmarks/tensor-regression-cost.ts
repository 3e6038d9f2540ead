/**
 * What tensor-regression potentials cost: µs of processor time per atom and step of NVE of silicon, as a multiple of
 * LAMMPS' pair_style sw in the same run, next to moment tensor potentials of levels 8, 12 and 16. (Quadratic SNAP of LAMMPS is
 * 360 × sw by a measurement that needs a LAMMPS with ML-SNAP.)
 *
 *   node test/benchmarks/tensor-regression-cost.ts [--repeats 5] [--atoms 1000|8000] [--backend wasm,wasm-f32] [--only text]
 *
 * Every repeat goes through the whole table, so that a busy machine disturbs all rows alike; the smallest counts.
 */
import { parseArgs } from 'node:util';
import type { PotentialModelBase } from '../../src-compute/potentials/potential.ts';
import { parameterCount } from '../../src-compute/potentials/registry.ts';
import { benchmarkEngine } from '../../src-main/services/engine-benchmark.ts';
import { table } from '../../src-main/hosts/cli/output.ts';
import { momentTensor, silicon, tensorRegression } from './engine-inputs.ts';
import { stillingerWeberInLammps } from './lammps-yardstick.ts';

const { values } = parseArgs({
  options: {
    repeats: { type: 'string', default: '5' },
    atoms: { type: 'string', default: '8000' },
    backend: { type: 'string', default: 'wasm,wasm-f32' },
    only: { type: 'string' },
  },
});

const sizes: [number, number, number][] = [
  [6, 4, 1],
  [8, 4, 1],
  [10, 6, 1],
  [6, 4, 2],
  [8, 4, 3],
  [10, 6, 3],
];
const cases: { name: string; model: PotentialModelBase }[] = [
  ...[8, 12, 16].map((level) => ({ name: `MTP level ${level}`, model: momentTensor(level) })),
  ...sizes.flatMap(([radialSize, angularSize, angularRadial]) => {
    const name = `P ${radialSize}, Q ${angularSize}, ${angularRadial} angular radial`;
    const descriptors = { radialSize, angularSize, angularRadial };
    return [
      { name: `${name}: rank 2`, model: tensorRegression({ ...descriptors, rank: 2 }) },
      ...(angularRadial === 3
        ? []
        : [{ name: `${name}: rank 3`, model: tensorRegression({ ...descriptors, rank: 3 }) }]),
      {
        name: `${name}: rank 3 train, χ = 6`,
        model: tensorRegression({ ...descriptors, bonds: [1, 6, 6, 1] }),
      },
    ];
  }),
].filter(({ name }) => !values.only || name.includes(values.only));

const configuration = silicon(Math.round(Math.cbrt(Number(values.atoms) / 8)));
const backends = values.backend.split(',') as ('wasm' | 'wasm-f32')[];
const best = new Map<string, number>();
const note = (key: string, value: number) => best.set(key, Math.min(value, best.get(key) ?? Infinity));
for (let repeat = 0; repeat < Number(values.repeats); repeat++) {
  const sw = stillingerWeberInLammps(configuration, 100);
  if (sw) note('sw', sw.processor);
  for (const { name, model } of cases) {
    for (const backend of backends) {
      const options = { backend, threads: 1, steps: 20 };
      const result = await benchmarkEngine(model, configuration, options);
      note(`${name} ${backend}`, result.processorMicrosecondsPerAtomStep);
      note(`${name} ${backend} difference`, result.maxForceDifference);
    }
  }
}
const sw = best.get('sw');
console.log(`${configuration.kinds.length} atoms; pair_style sw: ${sw?.toFixed(3) ?? 'not installed'} µs`);
const rows = [['potential', 'parameters', ...backends.flatMap((b) => [`${b} µs`, '× sw', 'max |ΔF|'])]];
for (const { name, model } of cases) {
  const columns = backends.flatMap((backend) => {
    const time = best.get(`${name} ${backend}`) ?? NaN;
    const difference = best.get(`${name} ${backend} difference`) ?? NaN;
    return [time.toFixed(2), sw ? (time / sw).toFixed(2) : '', difference.toExponential(0)];
  });
  rows.push([name, String(parameterCount(model)), ...columns]);
}
console.log(table(rows));
process.exit(0);
