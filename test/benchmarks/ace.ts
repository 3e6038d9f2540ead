/**
 * node test/benchmarks/ace.ts [--repeats 3] [--file POTENTIAL.yace]: what ACE costs on 8000 displaced silicon atoms, as a
 * multiple of LAMMPS' pair_style sw in the same minute, on one thread. Without a file: a potential of products of up to four
 * sums with random coefficients. LAMMPS' pair_style pace costs 21 (recursive) and 37 (product) times its sw for the one-species
 * file of the shared references.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { parseYace } from '../../src-compute/potentials/ace/index.ts';
import type { BackendName } from '../../src-compute/potentials/potential.ts';
import { benchmarkEngine } from '../../src-main/services/engine-benchmark.ts';
import { randomAce } from '../support/random-ace.ts';
import { silicon } from './engine-inputs.ts';
import { stillingerWeberInLammps } from './lammps-yardstick.ts';

const { values } = parseArgs({
  options: { repeats: { type: 'string', default: '3' }, file: { type: 'string' } },
});

const model =
  values.file === undefined
    ? randomAce({ rank: 4, lmax: 2, bond: { cutoff: 5 } })
    : parseYace(readFileSync(values.file, 'utf8'));
const configuration = silicon(10);
for (const backend of ['wasm', 'wasm-f32'] satisfies BackendName[]) {
  const ratios: number[] = [];
  for (let k = 0; k < Number(values.repeats); k++) {
    const sw = stillingerWeberInLammps(configuration, 100);
    const own = await benchmarkEngine(model, configuration, { backend, threads: 1, steps: 10 });
    const cost = own.processorMicrosecondsPerAtomStep;
    if (sw) ratios.push(cost / sw.processor);
    console.log(
      `ACE ${backend}: ${cost.toFixed(2)} µs per atom and step` +
        (sw ? `, pair_style sw ${sw.processor.toFixed(2)} µs: ${(cost / sw.processor).toFixed(1)} ×` : ''),
    );
  }
  const median = ratios.sort((a, b) => a - b)[Math.floor(ratios.length / 2)];
  if (ratios.length > 0) console.log(`ACE ${backend}: ${median.toFixed(1)} × pair_style sw (median)`);
}
