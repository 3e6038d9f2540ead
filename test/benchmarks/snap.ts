/**
 * node test/benchmarks/snap.ts [--repeats 3] [--folder FOLDER]: what SNAP costs on 8000 displaced silicon atoms, as a
 * multiple of LAMMPS' pair_style sw in the same minute, on one thread.
 *
 * With a folder of `.snapcoeff` and `.snapparam` files for silicon these are measured (published coefficients keep the
 * crystal together); otherwise 2J = 8 with small random coefficients, which cost the same. LAMMPS' own pair_style snap costs 290 (2J = 8) and, quadratic,
 * 360 times as much as its sw, compiled with -O3 -march=native.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { BackendName } from '../../src-compute/potentials/potential.ts';
import { parseSnap, type SnapModel } from '../../src-compute/potentials/snap/index.ts';
import { benchmarkEngine } from '../../src-main/services/engine-benchmark.ts';
import { randomSnap } from '../support/random-snap.ts';
import { silicon } from './engine-inputs.ts';
import { stillingerWeberInLammps } from './lammps-yardstick.ts';

const { values } = parseArgs({
  options: { repeats: { type: 'string', default: '3' }, folder: { type: 'string' } },
});

function models(): [string, SnapModel][] {
  const { folder } = values;
  if (folder === undefined)
    return [false, true].map((quadratic) => {
      const model = randomSnap({ twojmax: 8, rcutfac: 1.225, cutoff: 4.9, quadratic });
      const small = model.coefficients.map((c) => c * 1e-3);
      return [quadratic ? 'quadratic, 2J = 8' : 'linear, 2J = 8', { ...model, coefficients: small }];
    });
  return readdirSync(folder)
    .filter((name) => name.endsWith('.snapcoeff'))
    .map((name): [string, SnapModel] => {
      const read = (kind: string) => readFileSync(join(folder, name.replace('.snapcoeff', kind)), 'utf8');
      return [name, parseSnap(read('.snapcoeff'), read('.snapparam'))];
    })
    .filter(([, model]) => model.species.length === 1 && model.species[0] === 'Si');
}

const configuration = silicon(10);
for (const [name, model] of models())
  for (const backend of ['wasm', 'wasm-f32'] satisfies BackendName[]) {
    const ratios: number[] = [];
    for (let k = 0; k < Number(values.repeats); k++) {
      const sw = stillingerWeberInLammps(configuration, 100);
      const own = await benchmarkEngine(model, configuration, { backend, threads: 1, steps: 8 });
      const cost = own.processorMicrosecondsPerAtomStep;
      if (sw) ratios.push(cost / sw.processor);
      console.log(
        `${name} ${backend}: ${cost.toFixed(1)} µs per atom and step` +
          (sw ? `, pair_style sw ${sw.processor.toFixed(2)} µs: ${(cost / sw.processor).toFixed(1)} ×` : ''),
      );
    }
    const median = ratios.sort((a, b) => a - b)[Math.floor(ratios.length / 2)];
    if (ratios.length > 0) console.log(`${name} ${backend}: ${median.toFixed(1)} × pair_style sw (median)`);
  }
