/** Text of others in everything that is written: run by the real programs, it starts nothing and the numbers are right. */
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { SaxesParser } from 'saxes';
import { describe, expect, it, vi } from 'vitest';
import type { MomentTensorModel } from '../../../../src-compute/potentials/moment-tensor/model.ts';
import type { ZblModel } from '../../../../src-compute/potentials/pair/zbl.ts';
import { sumModel } from '../../../../src-compute/potentials/sum/sum.ts';
import type { PotentialDocument } from '../../../../src-compute/potentials/document.ts';
import { namelistValue } from '../../../../src-compute/quoting/namelist.ts';
import { shellWord } from '../../../../src-compute/quoting/shell.ts';
import { lattice, supercell } from '../../../../src-compute/structure/lattices.ts';
import {
  classicalInteraction,
  findLammps,
  kimInteraction,
  lammpsSinglePoints,
} from '../../../../src-main/engines/lammps/index.ts';
import { potentialsFolder } from '../../../../src-main/engines/lammps/program.ts';
import { readConfigurations, writeConfigurations } from '../../../../src-main/formats/index.ts';
import { exportPotential } from '../../../../src-main/services/export/export.ts';
import { isOwn, scratchModel } from '../../../../src-main/services/export/model-folder.ts';
import { methodsText } from '../../../../src-main/services/export/methods-text.ts';
import { provenanceComments } from '../../../../src-main/services/export/provenance.ts';
import { csvOf, svgOf } from '../../../../src-main/services/figures/output.ts';
import { canRunKimModels, referencePotential } from '../../../support/kim.ts';
import { hasShared } from '../../../support/shared.ts';
import { requireProgram } from '../../../support/real-part.ts';
import { temporaryFolder } from '../../../support/project.ts';

vi.setConfig({ testTimeout: 300_000 });

const folder = temporaryFolder();
const touch = `touch ${join(folder, 'marker')}`;
const HOSTILE = [
  `a\nshell ${touch}\nb`,
  `a &\nshell ${touch}`,
  `a\r\nshell ${touch}\rshell ${touch}`,
  ...['\u2028', '\u2029', '\u0085', '\v', '\f', '\0'].map((sign) => `a${sign}shell ${touch}${sign}b`),
  `""" \nshell ${touch}\n"""`,
  `$(${touch})`,
  `\`${touch}\``,
  `\${HOME} $x \${x}`,
  `'; ${touch}; '`,
  `"; ${touch}; "`,
  `) execute_process(COMMAND ${touch}) #`,
  '# % ; \\ \\input{/etc/passwd} _ ^ ~ & {',
  '}\n@article{evil, title={x}}',
  '<script>alert(1)</script> ]]> &amp; --> <!--',
  '=HYPERLINK("http://localhost")',
  '@SUM(1)\n=1+1',
  '\u001b[2J\u001b]0;title\u0007',
  'abc\u202edef\u2066',
  'ends with &',
  'x'.repeat(20_000),
  '\ud800 lone',
];
const all = HOSTILE.join(' ');

const document: PotentialDocument = {
  name: all,
  model: { form: 'lennard-jones' } as never,
  metrics: {},
  provenance: {
    program: all,
    created: HOSTILE[0],
    data: HOSTILE.map((text) => ({ name: text, role: text, sha256: text })),
    settings: Object.fromEntries(HOSTILE.map((text) => [text, text])),
    report: Object.fromEntries(HOSTILE.map((text) => [text, text])),
  },
};
const comments = [
  ...HOSTILE,
  ...provenanceComments({ document, model: document.model, name: all } as never, `/tmp/${all}`),
];

/** No command of any string has run, in whatever folder. */
function expectNothingRan(): void {
  const names = readdirSync(folder, { recursive: true }).map((path) => basename(String(path)));
  expect(names.filter((name) => name.startsWith('marker'))).toEqual([]);
}

function runLammps(cwd: string, file = 'in.check'): string {
  const env = { ...process.env, OMPI_MCA_ess_singleton_isolated: '1', OMP_NUM_THREADS: '1' };
  return execFileSync('lmp', ['-in', file, '-log', 'none'], {
    cwd,
    env,
    encoding: 'utf8',
    timeout: 60_000,
    stdio: 'pipe',
  });
}

describe.skipIf(!canRunKimModels())('exports with hostile text in every field', () => {
  const model = (): MomentTensorModel => referencePotential('crystals_multi_06', ['Al', 'Ni', 'Ti']);

  it('are built and run by CMake, sh and LAMMPS from a folder whose name is hostile, too', async () => {
    const out = join(folder, `a b #c;d $(x) 'e' &`);
    const result = await exportPotential('kim', { model: model(), name: all, out, comments });
    expect(result.notes).toEqual([]);
    expect(result.built).toBe(true);
    expect(result.tested?.energyDifference).toBeLessThan(1e-9);
    expect(result.tested?.forceDifference).toBeLessThan(1e-8);
    expect(runLammps(out)).toContain(`The check of ${result.name} is complete.`);
    expectNothingRan();
  });

  it('for MLIP run in LAMMPS with another potential in its place', async () => {
    const out = join(folder, 'mlip');
    const result = await exportPotential('mlip', { model: model(), name: all, out, comments });
    const text = readFileSync(join(out, 'in.check'), 'utf8');
    const other = text
      .replace(/^pair_style.*$/m, 'pair_style lj/cut 4')
      .replace(/^pair_coeff {6}\* \*$/m, 'pair_coeff * * 0.05 2.4');
    writeFileSync(join(out, 'in.check'), other);
    expect(runLammps(out)).toContain(`The check of ${result.name} is complete.`);
    expectNothingRan();
  });
});

describe.skipIf(!requireProgram('lmp', 'apt-get install lammps'))('LAMMPS', () => {
  it('reads potential files whose paths hold blanks, # and other signs', async () => {
    const program = await findLammps();
    const source = join((await potentialsFolder(program)) ?? '', 'Si.sw');
    const silicon = supercell(lattice('diamond', ['Si'], 5.43), [2, 1, 1]);
    const plain = classicalInteraction('sw', ['* * Si.sw Si'], ['Si'], folder);
    const [expected] = await lammpsSinglePoints(program, plain, [silicon]);
    for (const name of ['with blank', 'a#b', 'a$(x)', "it's", 'a;b']) {
      const place = join(folder, name);
      mkdirSync(place, { recursive: true });
      cpSync(source, join(place, 'Si.sw'));
      const there = classicalInteraction('sw', ['* * ./Si.sw Si'], ['Si'], place);
      const [found] = await lammpsSinglePoints(program, there, [silicon]);
      expect(found.energy).toBe(expected.energy);
    }
  });

  it.skipIf(!canRunKimModels())(
    'finds a KIM model whose folder has a colon in its path, which stands between folders in its variable',
    async () => {
      const zbl: ZblModel = { form: 'zbl', species: ['Si'], cutoff: 2.5, innerRadius: 1 };
      const silicon = supercell(lattice('diamond', ['Si'], 5.43), [2, 1, 1]);
      const energies: number[] = [];
      for (const name of ['plain', 'a:b c']) {
        const place = join(folder, name);
        mkdirSync(place, { recursive: true });
        const model = await scratchModel(place, zbl);
        const [found] = await lammpsSinglePoints(await findLammps(), kimInteraction(model, ['Si']), [
          silicon,
        ]);
        energies.push(found.energy);
      }
      expect(energies[0]).toBeGreaterThan(0);
      expect(energies[1]).toBe(energies[0]);
    },
    120_000,
  );

  it('is given no library that others could have written', () => {
    const library = join(folder, 'model.so');
    expect(isOwn(library)).toBe(false);
    writeFileSync(library, 'code', { mode: 0o644 });
    expect(isOwn(library)).toBe(true);
    symlinkSync(library, `${library}.link`);
    expect(isOwn(`${library}.link`)).toBe(false);
    chmodSync(library, 0o666);
    expect(isOwn(library)).toBe(false);
  });

  it('is not started with quotes that do not close: it would wait for ever', () => {
    for (const style of ['sw """', 'sw "', "sw 'a", 'sw a"b"'])
      expect(() => classicalInteraction(style, ['* * Si.sw Si'], ['Si'], folder)).toThrow(/quote/);
  });
});

describe('other languages', () => {
  it('sh gives every word back as it was', () => {
    for (const text of HOSTILE.filter((one) => !one.includes('\0'))) {
      const found = execFileSync('sh', ['-c', `printf %s ${shellWord(text)}`], {
        cwd: folder,
        encoding: 'utf8',
      });
      expect(found).toBe(text.toWellFormed());
    }
    expectNothingRan();
  });

  const zbl: ZblModel = { form: 'zbl', species: ['Al'], cutoff: 2, innerRadius: 1 };
  it.skipIf(!hasShared())(
    'the methods text is LaTeX in which text stands for itself, and the bibliography holds our entries alone',
    () => {
      const { paragraph, bibtex } = methodsText(
        { ...document, model: sumModel([referencePotential('crystals_cubic_08', ['Al']), zbl]) },
        { name: all, reference: all, configurations: 1, atoms: 2 },
      );
      // what is left after the escapes and our own citations means nothing to TeX
      const rest = paragraph
        .replace(/\\cite\{\w+\}/g, '')
        .replace(/\\(textbackslash|textasciicircum|textasciitilde)\{\}/g, '')
        .replace(/\\[{}$&#%_]/g, '');
      expect(rest).not.toMatch(/[\\{}$&#%_^~\n]/);
      expect(bibtex.match(/^@\w+\{\w+,$/gm)).toHaveLength(bibtex.split('@').length - 1);
      expect(bibtex).not.toContain('evil');
    },
  );

  it('figures are well-formed XML with the text as text, and tables hold no formula', async () => {
    const figure = {
      title: all,
      caption: all,
      x: { label: all, name: all },
      y: { label: HOSTILE[0], name: HOSTILE[0] },
      series: HOSTILE.map((name, k) => ({ name, kind: 'line' as const, x: [0, 1 + k], y: [0, 1] })),
    };
    const elements = new Set<string>();
    const parser = new SaxesParser();
    parser.on('error', (error) => {
      throw error;
    });
    parser.on('opentag', ({ name }) => void elements.add(name));
    parser.write(await svgOf(figure)).close();
    expect([...elements]).not.toContain('script');
    const csv = csvOf(figure);
    // every field by RFC 4180
    const cells = Array.from(csv.matchAll(/("(?:[^"]|"")*"|[^",\n]*)(?:,|\n)/g), ([, cell]) =>
      cell.replace(/^"/, ''),
    );
    expect(cells.filter((cell) => /^[=+@]|^-(?![\d.])/.test(cell))).toEqual([]);
    expect(csv).not.toMatch(/[\0\u001b\u2028\u202e]/);
  });

  it.each(['extxyz', 'xyz', 'mlip', 'lammps-dump'])('%s is read back with the same atoms', async (format) => {
    const structure = supercell(lattice('diamond', ['Si'], 5.43), [1, 1, 1]);
    const path = join(folder, `frames.${format === 'mlip' ? 'cfg' : format}`);
    const info = { comment: all, ...Object.fromEntries(HOSTILE.map((text, k) => [`${text}${k}`, text])) };
    await writeConfigurations(path, format, [{ ...structure, info }, structure]);
    const text = readFileSync(path, 'utf8');
    expect(text).not.toMatch(/[\0\u001b\u2028\u2029\u0085\v\f\r]/);
    const read = await readConfigurations(path, {});
    expect(read.map(({ kinds }) => kinds.length)).toEqual([8, 8]);
    expect(read[0].positions).toEqual(structure.positions);
    const named = { ...structure, symbols: [`Si\n1 1 9 9 9`] };
    await expect(writeConfigurations(path, format, [named])).rejects.toThrow(/one word/);
  });

  it('a namelist holds texts with their quotes doubled, and no control characters', () => {
    expect(namelistValue(`/tmp/it's / &END`)).toBe(`'/tmp/it''s / &END'`);
    expect(() => namelistValue("x'\n/\n&SYSTEM")).toThrow(/cannot be given/);
  });
});
