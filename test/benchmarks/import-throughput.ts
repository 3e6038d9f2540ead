/**
 * How fast and with how much memory a large extended-XYZ file becomes a dataset: reading, checks, hashes, saving, flags.
 *
 *   npm run build && node test/benchmarks/import-throughput.ts [--megabytes 500] [--atoms 1000]
 *
 * The import is that of the built program, in a process of its own: run from its sources Node needs 150 MB for reading
 * TypeScript. Prints MB/s by the clock and by processor time (the one to look at on a busy machine), the peak of the memory, and how
 * long the project then takes to open, to list its datasets and to show a first page.
 */
import { execFileSync } from 'node:child_process';
import { createWriteStream, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { DatasetRepository } from '../../src-main/store/datasets.ts';
import { Project } from '../../src-main/store/project.ts';

const { values } = parseArgs({
  options: { megabytes: { type: 'string', default: '500' }, atoms: { type: 'string', default: '1000' } },
});
const folder = mkdtempSync(join(tmpdir(), 'forcewright-import-'));
const source = join(folder, 'large.xyz');
const path = join(folder, 'large.fwproj');

/** Sets of displacements. */
const BODIES = 200;

/** Linear congruential numbers in [0, 1): the same file at every run. */
let state = 1;
function random(): number {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 4294967296;
}

/** Displaced atoms on a grid; some sets of displacements, in cells that differ by more than near-identical ones may. */
async function writeSource(bytes: number, atoms: number): Promise<void> {
  const side = Math.ceil(Math.cbrt(atoms));
  const bodies = Array.from({ length: BODIES }, () =>
    Array.from({ length: atoms }, (_, k) => {
      const place = [Math.floor(k / side ** 2), Math.floor(k / side) % side, k % side];
      const moved = place.map((n) => (2.5 * n + 0.2 * random()).toFixed(10));
      const forces = [0, 1, 2].map(() => (random() - 0.5).toFixed(8));
      return `Si ${[...moved, ...forces].join(' ')}\n`;
    }).join(''),
  );
  const stream = createWriteStream(source);
  for (let frame = 0, written = 0; written < bytes; frame++) {
    const edge = (2.5 * side + 0.004 * Math.floor(frame / BODIES)).toFixed(6);
    const text =
      `${atoms}\nLattice="${edge} 0 0 0 ${edge} 0 0 0 ${edge}" Properties=species:S:1:pos:R:3:forces:R:3 ` +
      `energy=${-5 * atoms + random()} virial="1 0 0 0 1 0 0 0 1" pbc="T T T"\n${bodies[frame % BODIES]}`;
    written += text.length;
    if (!stream.write(text)) await once(stream, 'drain');
  }
  stream.end();
  await once(stream, 'finish');
}

/** What a process says at its end. */
interface Used {
  readonly seconds: number;
  readonly mebibytes: number;
}

/** Imports with the built command line. */
function imported(): Used {
  const tell = `if (require('node:worker_threads').isMainThread) process.on('exit', () => {
    const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
    const used = { seconds: (userCPUTime + systemCPUTime) / 1e6, mebibytes: maxRSS / 1024 };
    require('node:fs').writeFileSync(process.env.USED_FILE, JSON.stringify(used));
  });`;
  const hook = join(folder, 'tell.cjs');
  const file = join(folder, 'used.json');
  writeFileSync(hook, tell);
  const environment = { ...process.env, USED_FILE: file, NODE_OPTIONS: `--require ${hook}` };
  execFileSync('bin/forcewright', ['import', source, '--project', path, '--json'], {
    stdio: 'pipe',
    env: environment,
  });
  return JSON.parse(readFileSync(file, 'utf8')) as Used;
}

try {
  await writeSource(1e6 * Number(values.megabytes), Number(values.atoms));
  const megabytes = statSync(source).size / 1e6;
  const start = performance.now();
  const used = imported();
  const seconds = (performance.now() - start) / 1000;
  console.log(
    `${megabytes.toFixed(0)} MB imported in ${seconds.toFixed(1)} s: ${(megabytes / seconds).toFixed(1)} MB/s`,
  );
  console.log(
    `by processor time: ${(megabytes / used.seconds).toFixed(1)} MB/s, start of the program included`,
  );
  console.log(`peak of the memory: ${used.mebibytes.toFixed(0)} MiB`);
  const opening = performance.now();
  using project = Project.open(path);
  const datasets = new DatasetRepository(project);
  const [dataset] = datasets.list();
  datasets.rows(dataset.id, { limit: 100 });
  const milliseconds = performance.now() - opening;
  console.log(
    `opened with a first page in ${milliseconds.toFixed(0)} ms: ${dataset.atomCount} atoms, ${(statSync(path).size / 1e6).toFixed(0)} MB`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
