/** The texts that go along with an exported potential: README and LAMMPS inputs. */
import { lammpsComment, lammpsWord } from '../../../src-compute/quoting/lammps.ts';
import { markdownBlock, markdownText } from '../../../src-compute/quoting/markdown.ts';
import { zblRadii, type ZblModel } from '../../../src-compute/potentials/pair/zbl.ts';
import { atomicNumber, atomicWeight } from '../../../src-compute/structure/elements.ts';

export interface ExportTexts {
  /** Name of the model and of its folder. */
  readonly name: string;
  readonly species: readonly string[];
  /** Å */
  readonly cutoff: number;
  /** Provenance and error table, one line each. */
  readonly comments: readonly string[];
  /** Argument of the boundary command for check.data. */
  readonly boundary: string;
}

const asComments = (lines: readonly string[]) => lines.map(lammpsComment).join('\n');

/** Masses of the types 1, 2, … as LAMMPS commands. */
function massCommands(species: readonly string[]): string {
  return species
    .map((name, k) => `mass            ${k + 1} ${atomicWeight(name) ?? 1}  ${lammpsComment(name)}`)
    .join('\n');
}

/** Reads check.data, prints its energy, minimises, runs a short NVE and prints energies. */
function checkCommands(texts: ExportTexts, pair: string): string {
  return `units           metal
atom_style      atomic
boundary        ${texts.boundary}
box             tilt large
read_data       check.data
${massCommands(texts.species)}

${pair}

neighbor        1.0 bin
thermo_style    custom step temp pe etotal press
thermo_modify   format float %.10g
thermo          10

run             0
variable        atoms equal atoms
variable        before equal $(pe)
print           "energy as read:        $(v_before/v_atoms:%.10f) eV/atom"

minimize        1e-12 1e-6 200 2000
variable        relaxed equal $(pe)
print           "energy after minimise: $(v_relaxed/v_atoms:%.10f) eV/atom"

velocity        all create 100 12345 mom yes rot no
fix             motion all nve
timestep        0.001
thermo          20
run             0
variable        start equal $(etotal)
run             200
variable        stop equal $(etotal)
print           "NVE, 0.2 ps at 100 K:  the total energy moved by $((v_stop-v_start)/v_atoms*1000:%.6f) meV/atom"
print           "The check of ${texts.name} is complete."
`;
}

/** in.check for the KIM model. */
export function kimCheckInput(texts: ExportTexts): string {
  const { name } = texts;
  const species = texts.species.map(lammpsWord);
  return `# Checks the exported potential ${name} in LAMMPS:   lmp -in in.check
${lammpsComment(`Types of check.data: ${species.map((symbol, k) => `${k + 1} ${symbol}`).join(', ')}`)}
${asComments(texts.comments)}

if "$(is_available(pair,kim)) == 0" then &
  "print 'ERROR: This LAMMPS was built without its KIM package. Install one that has it: apt-get install lammps, or conda install -c conda-forge lammps.'" &
  "quit 1"

${checkCommands(
  texts,
  `print           "If LAMMPS stops in the next line: the folder ${name} must lie where LAMMPS is started, or KIM_API_PORTABLE_MODELS_DIR must name the folder that holds it; it must have been built (build.sh) with the kim-api that this LAMMPS uses. kim.log has the reason. Elements in pair_coeff: ${species.join(' ')}."
pair_style      kim ${name}
pair_coeff      * * ${species.join(' ')}`,
)}`;
}

/** in.check for LAMMPS builds with the MLIP interface. */
export function mlipCheckInput(texts: ExportTexts, file: string, zbl?: ZblModel): string {
  return `# Checks the exported potential ${texts.name} in a LAMMPS with the MLIP interface:   lmp -in in.check
${lammpsComment(`Types of check.data: ${texts.species.map((symbol, k) => `${k + 1} ${symbol}`).join(', ')}`)}
# MLIP-3 (interface-lammps-mlip-3) reads the potential directly. For MLIP-2, write instead:
#   pair_style mlip mlip.ini
#   pair_coeff * *
${asComments(texts.comments)}

${checkCommands(texts, pairCommands(texts, { name: 'mlip', arguments: ` load_from=${file}` }, zbl))}`;
}

/** A pair style of LAMMPS: its name, and what stands behind it in pair_style and in pair_coeff. */
interface PairStyle {
  readonly name: string;
  readonly arguments?: string;
  readonly coefficients?: string;
}

/** pair_style and pair_coeff of a style, overlaid with LAMMPS' own ZBL where there is a repulsion. */
function pairCommands(texts: ExportTexts, style: PairStyle, zbl?: ZblModel): string {
  const own = style.name + (style.arguments ?? '');
  const coefficients = style.coefficients ?? '';
  if (!zbl) return `pair_style      ${own}\npair_coeff      * *${coefficients}`;
  const charges = texts.species.map((symbol) => atomicNumber(symbol) ?? 0);
  // LAMMPS' zbl has one pair of radii for all types; as many of them as there are pairs have their own
  const pairs = charges.flatMap((zi, i) =>
    charges.slice(i).map((zj, k) => ({ types: `${i + 1} ${i + k + 1}`, zi, zj, ...zblRadii(zbl, i, i + k) })),
  );
  const several = zbl.radii !== undefined && pairs.length > 1;
  const styles = several
    ? pairs.map(({ inner, outer }) => `zbl ${inner} ${outer}`).join(' ')
    : `zbl ${pairs[0].inner} ${pairs[0].outer}`;
  return [
    `pair_style      hybrid/overlay ${own} ${styles}`,
    `pair_coeff      * * ${style.name}${coefficients}`,
    ...pairs.map(
      ({ types, zi, zj }, k) => `pair_coeff      ${types} zbl ${several ? `${k + 1} ` : ''}${zi} ${zj}`,
    ),
  ].join('\n');
}

/** README.md of the KIM export. */
export function kimReadme(texts: ExportTexts, built: boolean): string {
  const { name, cutoff } = texts;
  const species = texts.species.map(markdownText);
  return `# ${name}

An interatomic potential for ${species.join(', ')} (cutoff ${cutoff} Å), exported by Forcewright as a portable model of the
[KIM API](https://openkim.org). It runs in any LAMMPS with the KIM package, such as those of Debian, Ubuntu, conda-forge,
Spack, EasyBuild and Homebrew; nothing is patched or rebuilt. (The official installers for Windows have no KIM.)

| here | what it is |
|---|---|
| \`${name}/\` | the model: C++17 sources, \`parameters.txt\`, \`build.sh\`, \`install.sh\`${built ? ', and the library built for this machine' : ''} |
| \`in.check\`, \`check.data\` | a ready input: reads a structure, minimises, runs a short NVE, prints energies |

## Build

${
  built
    ? `\`${name}/libkim-api-portable-model.so\` was built on the machine of the export. On a machine of another kind, or with an older C library, build it again:`
    : `The library was not built at the export. On the machine where LAMMPS runs:`
}

    sh ${name}/build.sh

It needs cmake, make, a C++17 compiler and the kim-api that LAMMPS uses (\`apt-get install libkim-api-dev cmake make g++ wget\`,
or \`conda install -c conda-forge kim-api cmake make cxx-compiler\`).

## Three ways to use it

1. **Current folder.** Copy \`${name}/\` to where LAMMPS is started. Nothing else is needed.
2. **Environment variable.** Keep \`${name}/\` anywhere and name the folder that holds it:
   \`export KIM_API_PORTABLE_MODELS_DIR=/path/to/the/folder/that/holds/it\`
3. **User collection.** Install it once for your account (needs wget or curl, too): \`sh ${name}/install.sh\`

In the LAMMPS input, with one element per atom type:

    units metal
    pair_style kim ${name}
    pair_coeff * * ${species.join(' ')}

Check it with \`lmp -in in.check\`. \`pair_style kim\` cannot be part of \`hybrid\`; a ZBL repulsion, where the potential has
one, is inside the model.

## When something is wrong

| LAMMPS says | cause and cure |
|---|---|
| \`KIM ModelCreate failed\` | the folder \`${name}\` was not found (see the three ways), or its library was built for another kim-api or machine (run build.sh again); \`kim.log\` has the reason |
| \`forcewright potential: the parameter file …\` | \`parameters.txt\` is missing beside the library, cut short or edited: copy the whole folder, or export again |
| \`symbol not found\` or \`… does not know\` | an element in \`pair_coeff\` is none of ${species.join(', ')} |
| \`Unrecognized pair style 'kim'\` | this LAMMPS was built without its KIM package |

## Provenance

${texts.comments.length > 0 ? markdownBlock(texts.comments) : 'Not recorded in the potential.'}

The sources in \`${name}/\` are under the MIT licence.
`;
}

/** A pair style of LAMMPS' own that reads what is exported. */
export interface OwnStyle {
  /** 'SNAP', and with its article. */
  readonly form: string;
  readonly named: string;
  readonly style: string;
  /** Package that LAMMPS has to be built with. */
  readonly package: string;
  readonly files: readonly string[];
  /** What of the potential makes room for the repulsion. */
  readonly ends: string;
}

export const SNAP_STYLE = (name: string): OwnStyle => ({
  ...{ form: 'SNAP', named: 'A SNAP potential', style: 'snap', package: 'ML-SNAP', ends: 'its inner switch' },
  files: [`${name}.snapcoeff`, `${name}.snapparam`],
});

export const PACE_STYLE = (name: string): OwnStyle => ({
  ...{ form: 'ACE', named: 'An ACE potential', style: 'pace', package: 'ML-PACE', ends: 'its inner cutoff' },
  files: [`${name}.yace`],
});

/** in.check for LAMMPS builds with a package. */
export function ownStyleInput(texts: ExportTexts, own: OwnStyle, zbl?: ZblModel): string {
  const species = texts.species.map(lammpsWord).join(' ');
  const coefficients = ` ${own.files.join(' ')} ${species}`;
  return `# Checks the exported potential ${texts.name} in a LAMMPS with the ${own.package} package:   lmp -in in.check
${lammpsComment(`Types of check.data: ${texts.species.map((symbol, k) => `${k + 1} ${symbol}`).join(', ')}`)}
${asComments(texts.comments)}

${checkCommands(texts, pairCommands(texts, { name: own.style, coefficients }, zbl))}`;
}

/** README.md beside it. */
export function ownStyleReadme(texts: ExportTexts, own: OwnStyle, zbl?: ZblModel): string {
  const files = own.files.map((file) => `\`${file}\``).join(' and ');
  return `# ${texts.name}

${own.named} for ${texts.species.map(markdownText).join(', ')} (cutoff ${texts.cutoff} Å) in LAMMPS' own files, exported by Forcewright.
${files} ${own.files.length > 1 ? 'are' : 'is'} the potential; \`in.check\` with \`check.data\` is an input for a LAMMPS that was built with the
${own.package} package.
${zbl ? `\nThe potential has a ZBL repulsion inside ${zbl.cutoff} Å beside ${own.form}, which ${own.ends} leaves the close pairs to:\n\`in.check\` adds it by \`pair_style hybrid/overlay\`. \`pair_style ${own.style}\` alone has no repulsion there.\n` : ''}
    lmp -in in.check

## Provenance

${texts.comments.length > 0 ? markdownBlock(texts.comments) : 'Not recorded in the potential.'}
`;
}

/** What a `.mtp` cannot hold. */
export function mlipHandoverSentence(file: string): string {
  return `${file} cannot hold the hand-over to the repulsion below the distances of the data: above them it is this potential to the last digit, below them its polynomials go on unchecked. For recoils, high pressure and melts export with --format kim, which keeps it.`;
}

/** README.md of the MLIP export. */
export function mlipReadme(texts: ExportTexts, file: string, zbl?: ZblModel, handsOver = false): string {
  return `# ${texts.name}

A moment tensor potential for ${texts.species.map(markdownText).join(', ')} (types in this order, cutoff ${texts.cutoff} Å) in the format of MLIP-2 and
MLIP-3, exported by Forcewright. \`${file}\` is the potential; \`in.check\` with \`check.data\` is an input for a LAMMPS that was
built with the MLIP interface; \`mlip.ini\` is what MLIP-2's interface reads.
${zbl ? `\nThe potential has a ZBL repulsion inside ${zbl.cutoff} Å beside the moment tensor part: \`in.check\` adds it by\n\`pair_style hybrid/overlay\`. A program that reads \`${file}\` alone runs without it.\n` : ''}${handsOver ? `\n${mlipHandoverSentence(file)}\n` : ''}
    lmp -in in.check

## Provenance

${texts.comments.length > 0 ? markdownBlock(texts.comments) : 'Not recorded in the potential.'}
`;
}
