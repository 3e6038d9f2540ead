/** A trajectory of the project as files of others: while the run still writes, with all that a frame holds. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readConfigurations, writeConfigurations } from '../../../../src-main/formats/index.ts';
import { trajectoryFrames } from '../../../../src-main/services/simulations/trajectory-frames.ts';
import { Project } from '../../../../src-main/store/project.ts';
import { TrajectoryReader, TrajectoryWriter } from '../../../../src-main/store/trajectories.ts';

const folder = mkdtempSync(join(tmpdir(), 'forcewright-frames-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Multiples of 1/64, which f32 and a few decimal digits hold exactly. */
const numbers = (count: number, seed: number) =>
  Float64Array.from({ length: count }, (_, k) => ((k * 7 + seed * 13) % 320) / 64);

describe('frames of a trajectory', () => {
  it.each([
    ['extxyz', 'run.xyz'],
    ['lammps-dump', 'run.dump'],
  ])('leave as %s with velocities and forces, while more are written', async (format, name) => {
    using project = Project.open(join(folder, `${format}.fwproj`), { create: true });
    using writer = TrajectoryWriter.create(project, {
      name: 'run',
      symbols: ['Si', 'Ge'],
      kinds: Uint16Array.of(0, 1, 0),
      periodic: [true, true, true],
      arrays: ['positions', 'atomEnergies', 'velocities', 'forces'],
      scalars: ['step', 'potential_ev'],
    });
    for (let k = 0; k < 3; k++) {
      writer.append({
        positions: numbers(9, k),
        velocities: numbers(9, k + 10),
        forces: numbers(9, k + 20),
        atomEnergies: numbers(3, k),
        cell: Float64Array.of(6 + k, 0, 0, 0, 6, 0, 0, 0, 6),
        scalars: [10 * k, -1.5 - k],
      });
    }
    writer.flush();
    const path = join(folder, name);
    using other = Project.open(project.path);
    await writeConfigurations(path, format, trajectoryFrames(new TrajectoryReader(other, writer.id)));
    const frames = await readConfigurations(path, { species: ['Si', 'Ge'] });
    expect(frames).toHaveLength(3);
    expect(Array.from(frames[2].kinds, (kind) => frames[2].symbols[kind])).toEqual(['Si', 'Ge', 'Si']);
    expect(frames[2].cell[0]).toBe(8);
    const expectNear = (found: Float64Array | undefined, wanted: Float64Array) => {
      expect(found).toHaveLength(wanted.length);
      wanted.forEach((value, k) => expect(found?.[k]).toBeCloseTo(value, 5));
    };
    expectNear(frames[1].positions, numbers(9, 1));
    expectNear(frames[1].velocities, numbers(9, 11));
    expectNear(frames[1].forces, numbers(9, 21));
    if (format === 'extxyz') {
      expect(frames[1].energy).toBe(-2.5);
      expect(frames[1].info?.step).toBe(10);
    }
  });
});
