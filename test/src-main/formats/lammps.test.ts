/** LAMMPS data files and dumps, against the program itself where it is installed. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { kindsFromSymbols, type Configuration } from '../../../src-compute/structure/configuration.ts';
import { readConfigurations, writeConfigurations } from '../../../src-main/formats/index.ts';
import { requireProgram } from '../../support/real-part.ts';
import { LAMMPS_DATA, LAMMPS_DUMP } from './samples.ts';
import { allFrames, readText, temporaryFile, temporaryPath, without } from './support.ts';

const TRICLINIC: Configuration = {
  ...kindsFromSymbols(['Si', 'O', 'O', 'Si']),
  positions: Float64Array.of(0.1, 0.2, 0.3, 2.1, 0.4, 0.5, 1.2, 2.6, 0.7, 1.1, 1.2, 3.3),
  cell: Float64Array.of(5, 0, 0, 1.25, 6, 0, -0.75, 0.5, 7),
  periodic: [true, true, true],
  velocities: Float64Array.of(0.001, 0, 0, 0, 0.002, 0, 0, 0, -0.003, 0.004, 0, 0),
  forces: Float64Array.of(0.5, 0, 0, 0, 0.25, 0, 0, 0, -0.125, 1, 2, 3),
};

describe('data files', () => {
  test('box, ids, images, charges, velocities in Å/ps, masses by element and by comment', async () => {
    const [configuration] = await readText(LAMMPS_DATA);
    expect(configuration.symbols).toEqual(['Si', 'O']);
    expect([...configuration.kinds]).toEqual([0, 1, 1]);
    expect([...configuration.cell]).toEqual([4, 0, 0, 0, 5, 0, 0.5, 0, 6]);
    expect([...configuration.positions]).toEqual([0, 0, 0, 1.6, 0, 0, 0, 1.6, 0]);
    expect([...(configuration.velocities ?? [])].map((v) => Number(v.toFixed(12)))).toEqual([
      0.001, 0.002, 0.003, 0, 0, 0, -0.001, -0.002, -0.003,
    ]);
    expect(configuration.atomColumns).toEqual([
      { name: 'charge', columns: 1, kind: 'R', values: Float64Array.of(1.2, -0.6, -0.6) },
      { name: 'image', columns: 3, kind: 'I', values: Int32Array.of(0, 0, 0, 0, 0, 0, 0, 1, 0) },
    ]);
    expect((await readText(LAMMPS_DATA, { species: ['Ge', 'N'] }))[0].symbols).toEqual(['Ge', 'N']);
  });

  const atoms = (heading: string, rows: string, extra = '') =>
    `c\n\n2 atoms\n2 atom types\n${extra}0 9 xlo xhi\n0 9 ylo yhi\n0 9 zlo zhi\n\nMasses\n\n1 1.008\n2 15.999\n\n${heading}\n\n${rows}`;

  test.each([
    ['atomic', 'Atoms # atomic', '1 1 0 0 0\n2 2 3 3 3\n', ''],
    ['atomic, told from the columns', 'Atoms', '1 1 0 0 0\n2 2 3 3 3\n', ''],
    ['charge, told from the columns', 'Atoms', '1 1 0.5 0 0 0\n2 2 -0.5 3 3 3\n', ''],
    ['molecular', 'Atoms # molecular', '1 7 1 0 0 0\n2 7 2 3 3 3\n', ''],
    ['molecular, told from the columns', 'Atoms', '1 7 1 0 0 0\n2 7 2 3 3 3\n', ''],
    ['full', 'Atoms # full', '1 7 1 0.5 0 0 0\n2 7 2 -0.5 3 3 3\n', '1 bonds\n1 bond types\n'],
    ['full, told from the columns', 'Atoms', '1 7 1 0.5 0 0 0 0 0 0\n2 7 2 -0.5 3 3 3 0 0 0\n', ''],
  ])('atom style %s', async (_, heading, rows, extra) => {
    const [configuration] = await readText(atoms(heading, rows, extra));
    expect(configuration.symbols).toEqual(['H', 'O']);
    expect([...configuration.positions]).toEqual([0, 0, 0, 3, 3, 3]);
  });

  test('a mass that is no element names no element and is kept', async () => {
    const [configuration] = await readText(
      atoms('Atoms # atomic', '1 1 0 0 0\n2 2 3 3 3\n').replace('2 15.999', '2 17.77'),
    );
    expect(configuration.symbols).toEqual(['H', 'type2']);
    expect([...(configuration.masses ?? [])]).toEqual([1.008, 17.77]);
  });

  test('type labels name the species', async () => {
    const labels = atoms('Atoms # atomic', '1 Si 0 0 0\n2 Ge 3 3 3\n').replace(
      'Masses',
      'Atom Type Labels\n\n1 Si\n2 Ge\n\nMasses',
    );
    const heavy = labels.replace('1 1.008', '1 28.085').replace('2 15.999', '2 72.63');
    expect((await readText(heavy))[0].symbols).toEqual(['Si', 'Ge']);
    // a repartitioned mass is no element's: the label has its say
    const light = labels.replace('1 1.008', '1 24.91').replace('2 15.999', '2 78.1');
    expect((await readText(light))[0].symbols).toEqual(['Si', 'Ge']);
  });

  test('a round trip loses nothing that the format can hold', async () => {
    const path = temporaryPath('x.data');
    const notes: string[] = [];
    await writeConfigurations(path, undefined, [TRICLINIC], { onNote: (note) => notes.push(note) });
    expect(await readConfigurations(path)).toEqual([without(TRICLINIC, 'forces')]);
    expect(notes).toEqual(['A LAMMPS data file has no place for forces; they were left out.']);
  });
});

describe('dumps', () => {
  test('scaled positions, corner of the box, order of ids, several frames, time step', async () => {
    const frames = await readText(LAMMPS_DUMP);
    expect(frames).toHaveLength(2);
    const [first, second] = frames;
    expect([...first.kinds].map((kind) => first.symbols[kind])).toEqual(['Si', 'O']);
    expect([...first.positions]).toEqual([0, 0, 0, 2, 2.5, 3]);
    expect([...(first.forces ?? [])]).toEqual([0.1, 0, 0, -0.1, 0, 0]);
    expect([...(first.velocities ?? [])]).toEqual([0.002, 0, 0, 0.001, 0, 0]);
    expect(first.periodic).toEqual([true, true, false]);
    expect(second.info).toEqual({ timestep: 10 });
  });

  const dump = (bounds: string, columns: string, row: string) =>
    `ITEM: TIMESTEP\n0\nITEM: NUMBER OF ATOMS\n1\nITEM: BOX BOUNDS ${bounds}ITEM: ATOMS ${columns}\n${row}\n`;
  const triclinic = 'xy xz yz pp pp pp\n0.25 7.25 1.25\n1.0 7.5 -0.75\n0.0 7.0 0.5\n';

  test.each([
    ['x y z', '1 1 3.75 4.25 3.5'],
    ['xu yu zu', '1 1 3.75 4.25 3.5'],
    ['xs ys zs', '1 1 0.5 0.5 0.5'],
    ['xsu ysu zsu', '1 1 0.5 0.5 0.5'],
  ])('the same atom of a triclinic box given by %s', async (columns, row) => {
    const [configuration] = await readText(dump(triclinic, `id type ${columns}`, row), { species: ['Si'] });
    expect([...configuration.cell]).toEqual([5, 0, 0, 1.25, 6, 0, -0.75, 0.5, 7]);
    configuration.positions.forEach((x, k) => expect(x).toBeCloseTo([2.5 + 0.625 - 0.375, 3.25, 3.5][k], 12));
    expect(configuration.symbols).toEqual(['Si']);
  });

  test('a round trip loses nothing but the last digit of velocities', async () => {
    const path = temporaryPath('x.dump');
    const second = {
      ...TRICLINIC,
      masses: Float64Array.of(28, 16, 16, 28),
      info: { timestep: 7, time: 0.5 },
    };
    await writeConfigurations(path, 'lammps-dump', [{ ...TRICLINIC, info: { timestep: 0 } }, second]);
    const [one, two] = await readConfigurations(path);
    const rounded = (c: Configuration) => ({
      ...c,
      velocities: c.velocities?.map((v) => Number(v.toPrecision(14))),
    });
    // the enclosing bounds are sums and differences: the cell comes back to rounding
    const cells = [one, two].map((c) => c.cell.map((x) => Number(x.toPrecision(14))));
    expect(cells).toEqual([TRICLINIC.cell, TRICLINIC.cell]);
    expect(rounded({ ...one, cell: TRICLINIC.cell, positions: one.positions })).toEqual({
      ...TRICLINIC,
      info: { timestep: 0 },
    });
    expect(rounded({ ...two, cell: TRICLINIC.cell })).toEqual(second);
  });

  test('cells that LAMMPS cannot hold are turned, left-handed ones refused', async () => {
    const path = temporaryPath('y.dump');
    const cell = Float64Array.of(0, 5, 0, 0, 0, 6, 7, 0, 0);
    const notes: string[] = [];
    await writeConfigurations(path, 'lammps-dump', [{ ...TRICLINIC, cell }], {
      onNote: (note) => notes.push(note),
    });
    const [turned] = await readConfigurations(path);
    turned.cell.forEach((x, k) => expect(x).toBeCloseTo([5, 0, 0, 0, 6, 0, 0, 0, 7][k], 12));
    // y → x, z → y, x → z: forces are turned like positions
    expect([...(turned.forces ?? [])].slice(9)).toEqual([2, 3, 1]);
    expect(notes).toEqual([
      'The cell, the atoms and the forces were turned so that a lies along x and b in the xy plane, as LAMMPS has them.',
    ]);
    const left = Float64Array.of(0, 5, 0, 6, 0, 0, 0, 0, 7);
    await expect(writeConfigurations(path, 'lammps-dump', [{ ...TRICLINIC, cell: left }])).rejects.toThrow(
      /right-handed/,
    );
  });
});

describe.skipIf(!requireProgram('lmp', 'apt-get install lammps'))('with the real program', () => {
  test(
    'LAMMPS reads our data file, and we read what it writes: data and dumps of every kind',
    { timeout: 600_000 },
    async () => {
      const folder = temporaryPath('lammps');
      mkdirSync(folder);
      await writeConfigurations(join(folder, 'in.data'), 'lammps-data', [TRICLINIC]);
      const script = [
        'units metal',
        'atom_style atomic',
        'read_data in.data',
        'pair_style lj/cut 3.0',
        'pair_coeff * * 0.01 1.5',
        'dump c all custom 1 custom.dump id type element x y z vx vy vz fx fy fz',
        'dump_modify c element Si O sort id format float %.17g',
        'dump u all custom 1 unwrapped.dump id type xsu ysu zsu',
        'dump_modify u format float %.17g',
        'dump a all atom 1 atom.dump',
        'run 2',
        'write_data out.data',
      ].join('\n');
      writeFileSync(join(folder, 'in.lmp'), script);
      const run = spawnSync('lmp', ['-in', 'in.lmp', '-log', 'none'], {
        cwd: folder,
        env: { ...process.env, OMPI_MCA_ess_singleton_isolated: '1', OMP_NUM_THREADS: '1' },
      });
      expect(run.status, run.stdout.toString().slice(-2000)).toBe(0);
      const custom = await readConfigurations(join(folder, 'custom.dump'));
      expect(custom).toHaveLength(3);
      // step 0 is what was written, positions wrapped into the box
      custom[0].cell.forEach((x, k) => expect(x).toBeCloseTo(TRICLINIC.cell[k], 12));
      custom[0].positions.forEach((x, k) => expect(x).toBeCloseTo(TRICLINIC.positions[k], 12));
      custom[0].velocities?.forEach((v, k) => expect(v).toBeCloseTo(TRICLINIC.velocities?.[k] ?? NaN, 12));
      expect([...custom[0].kinds].map((kind) => custom[0].symbols[kind])).toEqual(['Si', 'O', 'O', 'Si']);
      const unwrapped = await readConfigurations(join(folder, 'unwrapped.dump'), { species: ['Si', 'O'] });
      unwrapped[2].positions.forEach((x, k) => expect(x).toBeCloseTo(custom[2].positions[k], 10));
      const scaled = await readConfigurations(join(folder, 'atom.dump'));
      scaled[2].positions.forEach((x, k) => expect(x).toBeCloseTo(custom[2].positions[k], 4));
      const [data] = await readConfigurations(join(folder, 'out.data'));
      expect(data.symbols).toEqual(['Si', 'O']);
      data.positions.forEach((x, k) => expect(x).toBeCloseTo(custom[2].positions[k], 10));
      data.velocities?.forEach((v, k) => expect(v).toBeCloseTo(custom[2].velocities?.[k] ?? NaN, 10));
      expect(readFileSync(join(folder, 'in.data'), 'utf8')).toContain('1 28.085 # Si');
    },
  );
});

test('a frame that LAMMPS could not finish is named', async () => {
  const frames = await allFrames(temporaryFile(LAMMPS_DUMP.slice(0, -10)));
  expect(frames.map((frame) => frame.configuration !== undefined)).toEqual([true, false]);
});
