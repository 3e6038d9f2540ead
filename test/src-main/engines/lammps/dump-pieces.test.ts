/** Dumps of LAMMPS are read line by line, in pieces of any length, and one that was cut off is told. */
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DumpTail } from '../../../../src-main/engines/lammps/dump.ts';
import { lammpsFrame } from '../../../../src-main/engines/lammps/frame.ts';
import { assemble } from '../../../../src-main/engines/lammps/single-points.ts';
import { crystal, temporaryFolder } from '../../../support/project.ts';

const folder = temporaryFolder();
const structure = crystal(2, 1);
const atoms = structure.kinds.length;
const frame = lammpsFrame(structure);
const bounds = '0 5\n0 5\n0 5\n';
const dumpOf = (step: number) =>
  `ITEM: TIMESTEP\n${step}\nITEM: NUMBER OF ATOMS\n${atoms}\nITEM: BOX BOUNDS pp pp pp\n${bounds}ITEM: ATOMS id type xu yu zu vx vy vz\n` +
  Array.from({ length: atoms }, (_, k) => `${k + 1} 1 ${k}.25 ${step} 1 1000 2000 ${k}\n`).join('');

describe('frames of a growing dump', () => {
  it.each([1, 7, 64, undefined])('are the same when %s bytes are read at once', async (most) => {
    const path = join(folder, `grows-${most}.dump`);
    const text = dumpOf(0) + dumpOf(10) + dumpOf(20);
    const tail = new DumpTail(path, structure, frame);
    expect(await tail.take(most)).toEqual([]);
    writeFileSync(path, text.slice(0, 200));
    const frames = await tail.take(most);
    appendFileSync(path, text.slice(200, text.length - 3));
    frames.push(...(await tail.take(most)));
    expect(frames.map(({ step }) => step)).toEqual([0, 10]);
    appendFileSync(path, text.slice(-3));
    frames.push(...(await tail.take(most)));
    expect(frames.map(({ step }) => step)).toEqual([0, 10, 20]);
    // frames keep their own numbers
    expect(frames.map(({ configuration }) => configuration.positions[1])).toEqual([0, 10, 20]);
    expect(frames[2].configuration.positions[3 * 5]).toBe(5.25);
    expect([...(frames[2].configuration.velocities ?? [])].slice(-3)).toEqual([1, 2, (atoms - 1) / 1000]);
  });
});

describe('numbers of one structure', () => {
  const rows = Array.from({ length: atoms }, (_, k) => `${k + 1} -1.5 0.125 0 0 ${k} 0 12.345678\n`).join('');
  const dump = `${dumpOf(0).split('\n').slice(0, 9).join('\n')}\n${rows}`;
  const total = [-12, 125, 1, 1, 1, 0, 0, 0];

  it('are taken from its lines', () => {
    const { atomEnergies, forces } = assemble(Buffer.from(dump), total, frame, atoms, 'it');
    expect([...atomEnergies]).toEqual(Array.from({ length: atoms }, () => -1.5));
    expect(forces[0]).toBe(0.125);
  });

  it.each([1, 4, 30])('are refused when the last %i bytes did not fit on the disk', (lost) => {
    expect(() => assemble(Buffer.from(dump.slice(0, -lost)), total, frame, atoms, 'structure 1')).toThrow(
      `LAMMPS wrote the numbers of ${atoms - 1} of the ${atoms} atoms of structure 1`,
    );
  });
});
