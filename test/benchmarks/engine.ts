/**
 * npm run bench: what force engines do on this machine.
 *
 * First table: backends × threads × potentials × sizes, µs per atom and step of an NVE run with everything that
 * belongs to it, the speed-up over the reference, and, where LAMMPS is installed, the multiple of its pair_style sw on the
 * same 8000 atoms. Second table: time and memory per atom from 10³ to 10⁶ atoms.
 *
 *   npm run bench [-- --quick] [-- --repeats 3] [-- --threads 2] [-- --largest 1000000]
 *                 [-- --only comparison|scaling]
 *
 * Times are the smallest of several runs. `processor` counts the time of all threads: on a busy machine it is the number
 * to look at.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { evaluateReference } from '../../src-compute/backends/reference/evaluate.ts';
import type { BackendName, PotentialModelBase } from '../../src-compute/potentials/potential.ts';
import type { Configuration } from '../../src-compute/structure/configuration.ts';
import { benchmarkEngine } from '../../src-main/services/engine-benchmark.ts';
import type { BenchmarkResult } from '../../src-main/services/engine-benchmark.ts';
import { useNodeWorkers } from '../../src-main/services/node-workers.ts';
import { table } from '../../src-main/hosts/cli/output.ts';
import { benchmarkPotentials, silicon } from './engine-inputs.ts';
import { stillingerWeberInLammps } from './lammps-yardstick.ts';

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    repeats: { type: 'string' },
    threads: { type: 'string' },
    largest: { type: 'string', default: '1000000' },
    only: { type: 'string' },
  },
});
const repeats = Number(values.repeats ?? (values.quick ? 1 : 3));
const threadCounts = values.threads
  ? values.threads.split(',').map(Number)
  : [...new Set([1, 2, availableParallelism()])].filter((n) => n <= availableParallelism());

useNodeWorkers();

/** Best of several runs; about half a second each. */
async function best(
  model: PotentialModelBase,
  configuration: Configuration,
  backend: BackendName,
  threads: number,
  guess: number,
): Promise<BenchmarkResult> {
  const steps = Math.max(
    10,
    Math.min(400, Math.ceil((values.quick ? 2e5 : 8e5) / (guess * configuration.kinds.length))),
  );
  let result: BenchmarkResult | undefined;
  for (let repeat = 0; repeat < repeats; repeat++) {
    const one = await benchmarkEngine(model, configuration, { backend, threads, steps });
    if (!result || one.processorMicrosecondsPerAtomStep < result.processorMicrosecondsPerAtomStep)
      result = one;
  }
  if (!result) throw new Error('--repeats should be at least 1');
  return result;
}

/** µs per atom of one evaluation by the reference. */
function referenceTime(model: PotentialModelBase): number {
  const small = silicon(2);
  evaluateReference(model, small);
  const start = performance.now();
  evaluateReference(model, small);
  return (1000 * (performance.now() - start)) / small.kinds.length;
}

const digits = (x: number) => (x >= 100 ? x.toFixed(0) : x.toPrecision(3));

async function comparison(): Promise<void> {
  const large = silicon(10);
  const yardstick = stillingerWeberInLammps(large, values.quick ? 100 : 400);
  console.log(
    yardstick
      ? `LAMMPS pair_style sw on ${large.kinds.length} atoms: ${digits(yardstick.wall)} µs per atom and step, ${digits(yardstick.processor)} of processor time\n`
      : 'LAMMPS (lmp, Si.sw) is not installed: no multiples of its pair_style sw. Debian: apt-get install lammps lammps-data\n',
  );
  const rows = [
    [
      'potential',
      'atoms',
      'backend',
      'threads',
      'µs/atom/step',
      'processor',
      '× reference',
      '× sw',
      'first step ms',
      'max |ΔF|',
    ],
  ];
  for (const { name, model } of benchmarkPotentials()) {
    const reference = referenceTime(model);
    rows.push([name, '64', 'reference', '1', digits(reference), digits(reference), '1', '', '', '']);
    for (const configuration of [silicon(5), large]) {
      for (const backend of ['wasm', 'wasm-f32'] as const) {
        for (const threads of threadCounts) {
          const result = await best(model, configuration, backend, threads, reference / 100);
          const yard =
            yardstick && configuration === large
              ? result.processorMicrosecondsPerAtomStep / yardstick.processor
              : undefined;
          rows.push([
            name,
            String(result.atoms),
            backend,
            String(result.threads),
            digits(result.microsecondsPerAtomStep),
            digits(result.processorMicrosecondsPerAtomStep),
            digits(reference / result.microsecondsPerAtomStep),
            yard === undefined ? '' : digits(yard),
            digits(result.firstStepMilliseconds),
            result.maxForceDifference.toExponential(0),
          ]);
        }
      }
    }
  }
  console.log(table(rows));
}

async function scaling(): Promise<void> {
  const rows = [['potential', 'backend', 'atoms', 'µs/atom/step', 'processor', 'bytes/atom', 'first step s']];
  const potentials = benchmarkPotentials().filter(({ name }) => /sw|Stillinger|level (8|16)$/.test(name));
  for (const { name, model } of potentials) {
    for (const repeat of [5, 10, 20, 50].filter((n) => 8 * n ** 3 <= Number(values.largest))) {
      const result = await best(model, silicon(repeat), 'wasm', 1, name.includes('16') ? 4 : 1);
      rows.push([
        name,
        result.backend,
        String(result.atoms),
        digits(result.microsecondsPerAtomStep),
        digits(result.processorMicrosecondsPerAtomStep),
        digits(result.bytesPerAtom ?? NaN),
        digits(result.firstStepMilliseconds / 1000),
      ]);
    }
  }
  console.log('\n' + table(rows));
  console.log(`\nMemory of this process at the end: ${(process.memoryUsage().rss / 2 ** 20).toFixed(0)} MiB`);
}

if (values.only !== 'scaling') await comparison();
if (values.only !== 'comparison') await scaling();
process.exit(0);
