/** Files of LAMMPS commands, and pair styles asked for in a window: an interaction, and nothing that runs a program. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { lattice, supercell } from '../../../../src-compute/structure/lattices.ts';
import {
  classicalInteraction,
  findLammps,
  lammpsSinglePoints,
} from '../../../../src-main/engines/lammps/index.ts';
import { templateInteraction } from '../../../../src-main/engines/lammps/interaction.ts';
import { templateCommands } from '../../../../src-main/engines/lammps/template.ts';
import { windowEngineSchema } from '../../../../src-main/engines/window-engines.ts';
import { requireProgram } from '../../../support/real-part.ts';
import { temporaryFolder } from '../../../support/project.ts';

vi.setConfig({ testTimeout: 120_000 });
const folder = temporaryFolder();
const touch = `shell touch ${join(folder, 'marker')}`;
const good = 'pair_style sw\npair_coeff * * Si.sw Si\n';

const HOSTILE: readonly [what: string, text: string][] = [
  ['if', `if "1 == 1" then "${touch}"`],
  ['shell', touch],
  ['a tab', `\tshell\ttouch x`],
  ['include', 'include /tmp/other.in'],
  ['jump', 'jump SELF top'],
  ['label', 'label top'],
  ['python', 'python f source here "print(1)"'],
  ['plugin', 'plugin load x.so'],
  ['print', 'print "x" file y'],
  ['an unknown command', 'kim_command x'],
  ['variable getenv', 'variable x getenv HOME'],
  ['variable file', 'variable x file /etc/passwd'],
  ['variable python', 'variable x python f'],
  ['variable with a command', `variable x string "${touch}"`],
  ['a variable as command', `variable x string shell\n\${x} touch y`],
  ['a short variable as command', 'variable x string shell\n$x touch y'],
  ['a formula as command', '$(1) touch y'],
  ['a quoted command', '"shell" touch y'],
  ['a continued command', `pair_style &\nsw\nshe&\nll touch y`],
  ['a continued comment', `# a &\n${touch}`],
  ['a style through a variable', 'variable x string python\npair_style ${x} 5'],
  ['a style in pieces', 'variable x string thon\npair_style hybrid py${x} 5 sw'],
  ['a style through a format', 'pair_style hybrid $(1:python%.0f) 5'],
  ['mliap', 'pair_style mliap model mliappy x.pt descriptor sna y'],
  ['three quotes', `pair_modify shift """\n${touch}\n"""`],
  ['an open quote', 'pair_coeff * * "Si.sw Si'],
  ['a control character', 'pair_coeff * * Si.sw\u000b Si'],
  ['a compressed file, which a shell opens', 'pair_coeff * * "x$(touch y).gz" Si'],
];

describe('a LAMMPS template', () => {
  it.each(HOSTILE)('with %s is refused', (_what, text) => {
    for (const whole of [`${text}\n${good}`, `${good}${text}`, `${good}${text.replaceAll('\n', '\r\n')}`])
      expect(() => templateCommands(whole)).toThrow(/LAMMPS/);
  });

  it('may have comments, continued lines, quotes and variables', () => {
    const text = `# silicon\nvariable rc equal 2*2 # cutoff\nvariable file string Si.sw\npair_style &\n  sw\r\npair_coeff * * "\${file}" Si # 'x\n`;
    expect(templateCommands(text)).toEqual([
      'variable rc equal 2*2',
      'variable file string Si.sw',
      'pair_style   sw',
      'pair_coeff * * "Si.sw" Si',
    ]);
  });

  it.skipIf(!requireProgram('lmp', 'apt-get install lammps'))(
    'gives the numbers of its pair style',
    async () => {
      const program = await findLammps();
      const silicon = supercell(lattice('diamond', ['Si'], 5.5), [2, 1, 1]);
      const plain = classicalInteraction('lj/cut 4', ['* * 0.1 2.2'], ['Si'], folder);
      const text =
        'variable rc equal 2*2\nvariable s string 2.2\npair_style lj/cut ${rc}\npair_coeff * * $(0.05*2) ${s}\n';
      const template = templateInteraction(text, () => ['Si'], folder);
      const [[a], [b]] = [
        await lammpsSinglePoints(program, plain, [silicon]),
        await lammpsSinglePoints(program, template, [silicon]),
      ];
      expect(b.energy).toBe(a.energy);
      expect(existsSync(join(folder, 'marker'))).toBe(false);
    },
  );
});

describe('a pair style in a window', () => {
  const asked = (pairStyle: string, ...pairCoefficients: string[]) =>
    windowEngineSchema.safeParse({ engine: 'lammps', pairStyle, pairCoefficients });

  it.each([
    ['sw', '* * Si.sw Si'],
    ['eam', '* * Cu_u3.eam'],
    ['eam/alloy', '* * Al_zhou.eam.alloy Al NULL'],
    ['lj/cut 8.5', '1 1 0.01 3.4', '1*2 * 0.01 3.4 7'],
    ['zbl 3.0 4.0', '* * 14 14'],
    ['tersoff shift 0.05', '* * SiC.tersoff Si C'],
    ['meam', '* * library.meam Si C SiC.meam Si C'],
    ['table spline 1000', '* * pairs.table Si_Si 4.8'],
    ['hybrid/overlay sw zbl 1 2', '* * sw Si.sw Si', '1 1 zbl 14 14'],
    ['hybrid lj/cut 5 lj/cut 6', '1 1 lj/cut 1 0.1 2', '2 2 lj/cut 2 0.1 2'],
  ])('%s is taken', (style, ...coefficients) => {
    expect(asked(style, ...coefficients).error).toBeUndefined();
  });

  it.each([
    ['python 5.0 here', '* * x.Model Si'],
    ['mliap model mliappy x', '* * Si'],
    ['kim SW_Si', '* * Si'],
    ['hybrid python 5 sw', '* * sw Si.sw Si'],
    ['hybrid/overlay sw python 5', '* * sw Si.sw Si'],
    ['sw """', '* * Si.sw Si'],
    ['sw "', '* * Si.sw Si'],
    ['sw\nshell touch x', '* * Si.sw Si'],
    ['sw', '* * /etc/passwd Si'],
    ['sw', '* * ../Si.sw Si'],
    ['sw', '* * .. Si'],
    ['sw', '* * "a b" Si'],
    ['sw', '* * $(x) Si'],
    ['sw', '* * Si.sw x.gz Si'],
    ['lj/cut ${x}', '* * 1 2'],
    ['lj/cut', '* * 1 2'],
    ['lj/cut 5', '* * 1 2 3 4'],
    ['lj/cut 5', 'shell touch x'],
    ['constructor', '* * x'],
  ])('%s with %s is refused with a sentence', (style, coefficients) => {
    expect(asked(style, coefficients).error?.issues[0].message).toMatch(/\.$/);
  });
});
