/**
 * How fast, and with how much memory, a large extended-XYZ file is read: the file is made in the system's folder for
 * temporary files, read in a process of its own, and deleted. Run by hand:
 *
 *     node test/benchmarks/formats-throughput.ts [megabytes=500] [atoms=64] [digits=10]
 *
 * digits = 17 prints numbers as our own writer does (shortest text that reads back the same).
 */
import { spawnSync } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { readFrames } from '../../src-main/formats/index.ts';

/** Linear congruential numbers in [0, 1): the same file at every run. */
function* randomNumbers(seed: number): Generator<number> {
  let state = seed;
  for (;;) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield state / 4294967296;
  }
}

function frameText(atoms: number, digits: number, random: () => number): string {
  const real = (value: number) => (digits >= 17 ? String(value) : value.toFixed(digits));
  const edge = Math.cbrt(20 * atoms);
  const side = Math.ceil(Math.cbrt(atoms));
  const lines = [
    String(atoms),
    `Lattice="${real(edge)} 0 0 0 ${real(edge)} 0 0 0 ${real(edge)}" Properties=species:S:1:pos:R:3:forces:R:3 pbc="T T T" energy=${real(-4.5 * atoms + random())} virial="1 0 0 0 1 0 0 0 1" config_type=benchmark`,
  ];
  for (let atom = 0; atom < atoms; atom++) {
    const place = [atom % side, Math.floor(atom / side) % side, Math.floor(atom / side ** 2)];
    const position = place.map((k) => real(((k + 0.2 * random()) * edge) / side));
    const force = [0, 1, 2].map(() => real(random() - 0.5));
    lines.push(`Si ${position.join(' ')} ${force.join(' ')}`);
  }
  return `${lines.join('\n')}\n`;
}

async function makeFile(path: string, megabytes: number, atoms: number, digits: number): Promise<void> {
  const numbers = randomNumbers(1);
  const random = () => numbers.next().value as number;
  const frames = Array.from({ length: Math.max(1, Math.min(50, Math.round(100_000 / atoms))) }, () =>
    frameText(atoms, digits, random),
  ).join('');
  const target = createWriteStream(path);
  for (let written = 0; written < megabytes * 1e6; written += frames.length) {
    if (!target.write(frames)) await once(target, 'drain');
  }
  target.end();
  await once(target, 'finish');
}

async function measure(path: string): Promise<void> {
  const { size } = await stat(path);
  const start = performance.now();
  let frames = 0;
  let atoms = 0;
  let energy = 0;
  for await (const { configuration } of readFrames(path)) {
    frames++;
    atoms += configuration?.kinds.length ?? 0;
    energy += configuration?.energy ?? 0;
  }
  const seconds = (performance.now() - start) / 1000;
  const peak = process.resourceUsage().maxRSS / 1024;
  console.log(
    JSON.stringify({
      megabytes: Math.round(size / 1e6),
      frames,
      atoms,
      mean_energy_ev: energy / frames,
      seconds: Number(seconds.toFixed(2)),
      cpu_seconds: Number((process.cpuUsage().user / 1e6 + process.cpuUsage().system / 1e6).toFixed(2)),
      megabytes_per_second: Number((size / 1e6 / seconds).toFixed(1)),
      peak_resident_mib: Math.round(peak),
    }),
  );
}

const [mode, ...rest] = process.argv.slice(2);
if (mode === 'read') {
  await measure(rest[0]);
} else {
  const [megabytes, atoms, digits] = [Number(mode ?? 500), Number(rest[0] ?? 64), Number(rest[1] ?? 10)];
  const path = join(tmpdir(), `formats-throughput-${process.pid}.xyz`);
  try {
    await makeFile(path, megabytes, atoms, digits);
    spawnSync(process.execPath, [fileURLToPath(import.meta.url), 'read', path], { stdio: 'inherit' });
  } finally {
    await rm(path, { force: true });
  }
}
