/**
 * A molecular dynamics job of 1e5 atoms that keeps 1000 frames in its project: does memory grow, does a frame ever make
 * the run stall? Lennard-Jones, one frame per step, so that writing is as large a part of the run as it can be. By hand:
 *
 *   nice -n 19 node test/benchmarks/trajectory-memory.ts [frames = 1000] [cells per edge = 30]
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatPotentialDocument } from '../../src-compute/potentials/document.ts';
import { lennardJonesModel } from '../../src-compute/potentials/pair/index.ts';
import { ProjectService } from '../../src-main/services/project-service.ts';
import { TrajectoryReader } from '../../src-main/store/trajectories.ts';

const [frames, cells] = [1000, 30].map((value, k) => Number(process.argv[k + 2] ?? value));
const folder = mkdtempSync(join(tmpdir(), 'forcewright-memory-'));
const path = join(folder, 'long.fwproj');
try {
  using service = ProjectService.open(path, { create: true });
  const model = lennardJonesModel('Ar', 0.0104, 3.4, 1.6 * 3.4);
  const provenance = { program: 'benchmark', created: '2026-01-01', data: [], settings: {}, report: {} };
  const document = formatPotentialDocument({ name: 'Ar', model, provenance, metrics: {} });
  const potentialId = service.potentials.add({ name: 'Ar', form: model.form, species: ['Ar'], document });
  const structure = {
    kind: 'lattice',
    lattice: 'fcc',
    symbols: ['Ar'],
    a: 5.3,
    repeat: [cells, cells, cells],
  };
  const settings = {
    ensemble: 'nve',
    temperature: 40,
    timestep: 2,
    steps: frames - 1,
    seed: 1,
    checkpointEvery: 250,
  };
  const job = service.jobs.create('md', 'long', {
    name: 'long',
    potentialId,
    structure,
    every: 1,
    backend: 'wasm',
    threads: 1,
    settings,
  });
  const memory: number[] = [];
  const gaps: number[] = [];
  let last = performance.now();
  let processor = process.cpuUsage();
  const costs: number[] = [];
  using watching = service.jobs.watch((event) => {
    if (event.type !== 'progress') return;
    const now = performance.now();
    const { user, system } = process.cpuUsage(processor);
    memory.push(process.memoryUsage().rss);
    gaps.push(now - last);
    costs.push((user + system) / 1000);
    last = now;
    processor = process.cpuUsage();
  });
  const began = performance.now();
  await service.jobs.run(job);
  const seconds = (performance.now() - began) / 1000;
  const { id } = service.trajectories.list()[0];
  const reader = new TrajectoryReader(service.project, id);
  const mega = (bytes: number) => Number((bytes / 1e6).toFixed(0));
  const tenth = Math.max(1, Math.floor(memory.length / 10));
  const sorted = gaps.slice(tenth).toSorted((a, b) => a - b);
  console.log({
    atoms: 4 * cells ** 3,
    frames: reader.frames,
    seconds: Number(seconds.toFixed(0)),
    'file (MB)': mega(statSync(path).size),
    'memory after a tenth of the run (MB)': mega(memory[tenth]),
    'most memory after that (MB)': mega(Math.max(...memory.slice(tenth))),
    'median time between reports (ms)': Number(sorted[Math.floor(sorted.length / 2)].toFixed(0)),
    'longest time between reports (ms)': Number(sorted[sorted.length - 1].toFixed(0)),
    'longest processor time between reports (ms)': Number(Math.max(...costs.slice(tenth)).toFixed(0)),
    'reading a frame in the middle (ms)': (() => {
      const start = performance.now();
      reader.frame(Math.floor(reader.frames / 2));
      return Number((performance.now() - start).toFixed(1));
    })(),
  });
  void watching;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
