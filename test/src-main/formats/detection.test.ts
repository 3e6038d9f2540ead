/** What a file is: told in time that grows with its beginning, packed or not, and in words where it is not read. */
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { zstdCompressSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import {
  detectFormat,
  FORMATS,
  readConfigurations,
  writeConfigurations,
} from '../../../src-main/formats/index.ts';
import { formatErrorOf, readText, temporaryFile, temporaryPath } from './support.ts';

/** Long enough for the slowest machine; a pattern that hangs takes longer than any of them will last. */
const HANGS = 90_000;

describe('nothing hangs', () => {
  let worker: Worker | undefined;
  afterAll(() => worker?.terminate());

  /** Lets the worker detect and read a file; fails when it does not come back. */
  async function comesBack(text: string, formats: readonly string[] = []): Promise<void> {
    worker ??= new Worker(new URL('./detection-worker.ts', import.meta.url));
    const path = temporaryPath('hostile');
    writeFileSync(path, text);
    worker.postMessage({ path, head: text.slice(0, 64 << 10), formats });
    try {
      await once(worker, 'message', { signal: AbortSignal.timeout(HANGS) });
    } catch {
      await worker.terminate();
      worker = undefined;
      throw new Error(`Detection did not end: ${JSON.stringify(text.slice(0, 60))} × ${text.length}`);
    }
  }

  const UNITS = [
    '\n', '\r\n', ' ', '\t', ' \n', '\n ', '#\n', '# \n#', '<!-- -->', '<!-- -->\n', '<!--', '<?xml?>', '<!DOCTYPE>', '<a>',
    '1', '1 ', '1\n', '1.', '.1', '-', '1-', '-1.', 'e1', '1 1 1\n', '*', '(', '"', "'", '\\"', '[', '{', '{"structure":', '=', 'a=', 'a = ',
    'Lattice ', 'Lattice=', 'Properties=', ':', '/', 'Si ', 'data_\n', 'loop_\n', '_a\n', ';\n', ' atoms', '1 atoms ', 'xlo ', 'vasp.', ' VRHFIN ',
    ' VRHFIN =', 'POTCAR: ', 'energy ', ' Total ', ' total energy =', 'time=', 'ITEM: ', 'BEGIN_CFG ', 'x'.repeat(50) + ' ',
  ]; // prettier-ignore
  const BEFORE = ['', '<?xml version="1.0"?>\n', '2\n', 'x\n1.0\n1 0 0\n0 1 0\n0 0 1\n'];

  test('beginnings made of one thing again and again', async () => {
    for (const unit of UNITS) {
      for (const before of BEFORE) await comesBack(before + unit.repeat((64 << 10) / unit.length) + '!');
    }
  }, 300_000);

  test('whole files made of one thing, read as any format', async () => {
    const names = FORMATS.map((format) => format.name);
    for (const unit of UNITS) await comesBack(unit.repeat((20 << 10) / unit.length), names);
  }, 300_000);

  test('an XML file of comments is known at once, whatever it is', async () => {
    const comments = Array.from({ length: 5000 }, (_, k) => `<!-- ${k} -->\n`).join('');
    await comesBack(`<?xml version="1.0"?>\n${comments}<simulation/>`);
    const error = await formatErrorOf(
      readText(`<?xml version="1.0"?>\n${comments.slice(0, 3000)}<simulation/>`),
    );
    expect(error.message).toMatch(/is not known/);
  });

  test('detection and reading stop when asked', async () => {
    const path = temporaryFile('\n'.repeat(100_000));
    const aborted = AbortSignal.abort();
    await expect(detectFormat(path, { signal: aborted })).rejects.toThrow(/cancel/i);
    await expect(readConfigurations(path, { signal: aborted })).rejects.toThrow(/cancel/i);
  });
});

const SMALL =
  '2\nLattice="4 0 0 0 4 0 0 0 4" Properties=species:S:1:pos:R:3 energy=-3.25\nGe 0 0 0\nGe 2 2 2\n';
const XZ =
  '/Td6WFoAAATm1rRGAgAhARwAAAAQz1jM4ABbAEldABkChgeyPmk7YC3F8h8jRw3mhJOX2x0gV1NERMvnCkVExXJGgiZUFtGyHpXA39n9DDVuwkfD1oNSW3AZPHGy6Q11QrfE8H0+zpkAAAAAAUcs/Es5WYAAAWVcFjfRWh+2830BAAAAAARZWg==';
const BZIP2 =
  'QlpoOTFBWSZTWST4qkcAABHfgAAQUAN+EgCEWAAqodwgIABURNAaBDQYDUEqMoZM0g0ABCUEeazEBRUITtoJe4KPk8ZWjYTrXwyx+VnRiHl3ehbTspaGzaJKZI5M0KhC5Fs/xdyRThQkCT4qkcA=';

describe('packed files', () => {
  test.each([
    ['xz', Buffer.from(XZ, 'base64')],
    ['bz2', Buffer.from(BZIP2, 'base64')],
    ['zst', zstdCompressSync(SMALL)],
  ])('.%s is read, damaged it is named', async (ending, bytes) => {
    const expected = await readText(SMALL);
    expect(await readConfigurations(temporaryFile(bytes, `a.xyz.${ending}`))).toEqual(expected);
    const cut = await formatErrorOf(readText(bytes.subarray(0, bytes.length - 12)));
    expect(cut.message).toMatch(/the compressed data is damaged or cut off/);
    const changed = Uint8Array.from(bytes);
    for (let k = 30; k < 50; k++) changed[k] ^= 0x5a;
    expect((await formatErrorOf(readText(changed))).message).toMatch(/damaged or cut off/);
  });

  test('what is written is packed with gzip only', async () => {
    const configurations = await readText(SMALL);
    for (const ending of ['xz', 'bz2', 'zst']) {
      const writing = writeConfigurations(temporaryPath(`b.xyz.${ending}`), undefined, configurations);
      expect((await formatErrorOf(writing)).remedy).toMatch(/Write it as \.gz/);
    }
  });
});

describe('known files that are not read are named', () => {
  test.each([
    ['an SQLite database', 'SQLite format 3\0'],
    ['a NumPy array', '\x93NUMPY\x01\0'],
    ['a zip archive', 'PK\x03\x04\x14\0\0\0'],
    ['a pickled Python object', '\x80\x04\x95\0\0'],
    ['an output of ABINIT', '\n.Version 9.6.2  of ABINIT \n'],
    ['an output of Quantum ESPRESSO, but not of pw.x', '\n     Program PHONON v.7.0 starts on\n'],
    ['an input of Quantum ESPRESSO', "&CONTROL\n calculation='scf'\n/\n"],
    ['a log of LAMMPS', 'LAMMPS (2 Aug 2023)\n'],
    ['an input of LAMMPS', 'units metal\npair_style eam/alloy\n'],
    ['a POTCAR of VASP', ' PAW_PBE Ge 05Jan2001\n   4.0\n   TITEL  = PAW_PBE Ge 05Jan2001\n'],
    [
      'a POTCAR of VASP',
      ' PAW_PBE Ge 05Jan2001\n   4.0\n parameters from PSCTR are:\n   VRHFIN =Ge: s2p2\n   TITEL  = PAW_PBE Ge\n',
    ],
    [
      'what VASP prints on the terminal (or an OSZICAR)',
      ' running on    4 total cores\n vasp.6.3.0 20Jan22 complex\n POSCAR found :  1 types\n entering main loop\n       N       E                     dE             d eps       ncg     rms          rms(c)\nDAV:   1     0.2E+02\n',
    ],
    ['an INCAR of VASP', 'ENCUT = 520\nISMEAR = 0\n'],
    ['a KPOINTS file of VASP', 'k-points\n0\nGamma\n 4 4 4\n'],
    [
      'an input.data file of RuNNer or n2p2',
      'begin\ncomment x\nlattice 1 0 0\natom 0 0 0 Ge 0 0 0 0 0\nend\n',
    ],
    ['a PDB file', 'CRYST1   10.000   10.000   10.000  90.00  90.00  90.00 P 1\nATOM      1  C   X\n'],
  ])('%s', async (what, content) => {
    const error = await formatErrorOf(readConfigurations(temporaryFile(Buffer.from(content, 'latin1'))));
    expect(error.message).toContain(` is ${what}`);
    expect(error.message).toMatch(/files of this kind are not read\.$/);
    expect(error.remedy).toMatch(/\.$/);
  });
});
