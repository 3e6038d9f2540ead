/**
 * Benchmark of the exact kernel sums, by hand:
 *
 *   node test/benchmarks/entropy-kernels.ts [environments = 20000] [threads = 2] [f32,f64] [bandwidths = 0.015,10]
 *        [tolerances, such as 1e-6,1e-2]
 *
 * Environments are QUESTS descriptors (63 numbers) of silicon: crystals at several temperatures and volumes, and melts.
 * Two bandwidths: the published one, where far blocks are left out, and one so large that every pair counts: the worst
 * case. The plain reference is timed on fewer environments and scaled with N². With tolerances also the neighbour-search
 * approximation, whose error is compared with its bound.
 */
import { performance } from 'node:perf_hooks';
import { descriptorByName } from '../../src-compute/analysis/descriptors/index.ts';
import { selectRows, type DescriptorMatrix } from '../../src-compute/analysis/descriptors/descriptor.ts';
import { frameEnvironments } from '../../src-compute/analysis/entropy/frames.ts';
import { entropyOfLogSums } from '../../src-compute/analysis/entropy/measures.ts';
import { referenceLogKernelSums } from '../../src-compute/analysis/entropy/reference.ts';
import { wasmEngine } from '../../src-compute/analysis/entropy/wasm-engine.ts';
import { dismissWorkers, sharedTeam } from '../../src-compute/workers/team.ts';
import { useNodeWorkers } from '../../src-main/services/node-workers.ts';
import { diamond } from '../src-compute/analysis/entropy/structures.ts';

const environments = Number(process.argv[2] ?? 20000);
const threads = Number(process.argv[3] ?? 2);
const precisions = (process.argv[4] ?? 'f32,f64').split(',');
const bandwidths = (process.argv[5] ?? '0.015,10').split(',').map(Number);
const tolerances = (process.argv[6] ?? '')
  .split(',')
  .filter((text) => text !== '')
  .map(Number);

/** Silicon at displacements of 0.02 … 0.8 Å and lattice constants of 5.2 … 5.7 Å. */
function silicon(count: number): DescriptorMatrix {
  const structures = [];
  for (let k = 0; 64 * structures.length < count; k++) {
    structures.push(diamond(2, 0.02 + 0.78 * ((k % 17) / 16) ** 2, k + 1, 5.2 + 0.5 * ((k % 11) / 10)));
  }
  const { matrix } = frameEnvironments(structures, descriptorByName('quests'));
  return selectRows(
    matrix,
    Int32Array.from({ length: count }, (_, i) => i),
  );
}

/** Wall-clock seconds, and seconds of processor time over all threads: what counts on a busy machine. */
async function timed<T>(work: () => Promise<T> | T): Promise<{ seconds: number; cpu: number; value: T }> {
  const start = performance.now();
  const before = process.cpuUsage();
  const value = await work();
  const used = process.cpuUsage(before);
  return { seconds: (performance.now() - start) / 1000, cpu: (used.user + used.system) / 1e6, value };
}

const began = performance.now();
const points = silicon(environments);
console.log(
  `${environments} environments × ${points.dimension} numbers, described in ${((performance.now() - began) / 1000).toFixed(1)} s`,
);
useNodeWorkers();
sharedTeam()?.require(threads);
// workers start in their own time
for (let k = 0; k < 200 && (sharedTeam()?.started ?? 0) < threads - 1; k++) {
  await new Promise((resolve) => setTimeout(resolve, 20));
}

const fewer = selectRows(
  points,
  Int32Array.from({ length: Math.min(3000, environments) }, (_, i) => Math.floor((i * environments) / 3000)),
);
const plain = await timed(() => referenceLogKernelSums(fewer, fewer, 0.015));
const plainSeconds = plain.cpu * (environments / fewer.rows) ** 2;
console.log(
  `plain reference: ${plain.cpu.toFixed(2)} s of processor time for ${fewer.rows}, so ${plainSeconds.toFixed(0)} s for all`,
);

for (const bandwidth of bandwidths) {
  for (const precision of (['f32', 'f64'] as const).filter((name) => precisions.includes(name))) {
    const engine = wasmEngine({ precision, threads });
    const { seconds, cpu, value } = await timed(() => engine.selfLogSums(points, bandwidth));
    const small = await engine.selfLogSums(fewer, 0.015);
    const error = small.reduce((worst, x, i) => Math.max(worst, Math.abs(x - plain.value[i])), 0);
    console.log(
      `h = ${bandwidth}, ${engine.backend}, ${engine.threads} threads: ${seconds.toFixed(2)} s, ${cpu.toFixed(2)} s of processor time, ` +
        `${(plainSeconds / cpu).toFixed(1)} times less than the plain reference; H = ${entropyOfLogSums(value).entropy.toFixed(6)}; ` +
        `largest difference from the reference ${error.toExponential(1)}; ` +
        `${(process.memoryUsage.rss() / 2 ** 20).toFixed(0)} MiB`,
    );
    for (const tolerance of tolerances) {
      const near = await timed(() =>
        wasmEngine({ precision, threads, tolerance }).selfLogSums(points, bandwidth),
      );
      const excess = entropyOfLogSums(near.value).entropy - entropyOfLogSums(value).entropy;
      console.log(
        `  near environments only, bound ${tolerance} nats: ${near.cpu.toFixed(2)} s of processor time, ` +
          `${(cpu / near.cpu).toFixed(1)} times less than exact; H too large by ${excess.toExponential(1)}`,
      );
      if (!(excess < tolerance + 1e-6)) throw new Error('the error is larger than its bound');
    }
  }
}
dismissWorkers();
