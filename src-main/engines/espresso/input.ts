/** The input of pw.x for a structure whose positions will come over the i-PI socket. */
import { columnWord } from '../../../src-compute/quoting/columns.ts';
import { namelistValue } from '../../../src-compute/quoting/namelist.ts';
import { atomicWeight } from '../../../src-compute/structure/elements.ts';
import type { Configuration } from '../../../src-compute/structure/configuration.ts';
import { EngineFailedError } from '../reference-engine.ts';
import type { EspressoEngineSettings } from './settings.ts';

type Namelist = Record<string, string | number | boolean>;

/**
 * @param structure periodic everywhere, in the frame in which positions will be sent
 * @param pseudoFolder folder of the pseudopotentials
 * @param outFolder where pw.x may keep its scratch files
 * @throws EngineFailedError when an element has no pseudopotential
 */
export function espressoInput(
  structure: Configuration,
  settings: EspressoEngineSettings,
  pseudoFolder: string,
  outFolder: string,
): string {
  const used = structure.symbols.filter((_, kind) => structure.kinds.includes(kind));
  const missing = used.filter((symbol) => !(symbol in settings.pseudopotentials));
  if (missing.length > 0) {
    throw new EngineFailedError(`There is no pseudopotential for ${missing.join(', ')}.`, {
      remedy: `Name a file for each element, such as ${missing[0]}=${missing[0]}.UPF.`,
    });
  }
  return [
    ...namelist('CONTROL', controls(pseudoFolder, outFolder), settings),
    ...namelist('SYSTEM', system(structure, used.length, settings), settings),
    ...namelist('ELECTRONS', electrons(settings), settings),
    '&IONS',
    '/',
    '&CELL',
    '  cell_factor = 2',
    '/',
    'ATOMIC_SPECIES',
    ...used.map(
      (symbol) =>
        `${columnWord(symbol)} ${atomicWeight(symbol) ?? 1} ${columnWord(settings.pseudopotentials[symbol])}`,
    ),
    ...cards(structure, settings),
    '',
  ].join('\n');
}

function controls(pseudoFolder: string, outFolder: string): Namelist {
  return {
    // only these calculations make room for cells that shrink; nothing is relaxed, the server moves everything
    calculation: 'vc-relax',
    prefix: 'forcewright',
    pseudo_dir: pseudoFolder,
    outdir: outFolder,
    tprnfor: true,
    tstress: true,
    disk_io: 'none',
  };
}

function system(structure: Configuration, species: number, settings: EspressoEngineSettings): Namelist {
  const smearing = settings.occupations === 'smearing';
  return {
    ibrav: 0,
    nat: structure.kinds.length,
    ntyp: species,
    ecutwfc: settings.cutoff,
    ...(settings.densityCutoff === undefined ? {} : { ecutrho: settings.densityCutoff }),
    occupations: settings.occupations,
    ...(smearing ? { smearing: settings.smearing, degauss: settings.smearingWidth } : {}),
    ...(settings.spinPolarised ? { nspin: 2 } : {}),
    // the first structure's symmetry is not that of the others
    nosym: true,
  };
}

function electrons(settings: EspressoEngineSettings): Namelist {
  return {
    conv_thr: settings.threshold,
    electron_maxstep: settings.maximumIterations,
    mixing_beta: settings.mixing,
  };
}

function cards(
  { symbols, kinds, positions, cell }: Configuration,
  settings: EspressoEngineSettings,
): string[] {
  const triple = (values: ArrayLike<number>, k: number) => `${values[k]} ${values[k + 1]} ${values[k + 2]}`;
  const { kPoints, kPointShift } = settings;
  const gamma = !kPointShift && kPoints.every((n) => n === 1);
  const shift = kPointShift ? 1 : 0;
  return [
    'CELL_PARAMETERS angstrom',
    triple(cell, 0),
    triple(cell, 3),
    triple(cell, 6),
    'ATOMIC_POSITIONS angstrom',
    ...Array.from(kinds, (kind, atom) => `${columnWord(symbols[kind])} ${triple(positions, 3 * atom)}`),
    ...(gamma
      ? ['K_POINTS gamma']
      : ['K_POINTS automatic', `${kPoints.join(' ')} ${shift} ${shift} ${shift}`]),
  ];
}

function namelist(
  name: 'CONTROL' | 'SYSTEM' | 'ELECTRONS',
  own: Namelist,
  settings: EspressoEngineSettings,
): string[] {
  const lines = new Map(Object.entries(own).map(([key, value]) => [key, namelistValue(value)]));
  for (const [key, value] of Object.entries(settings.namelists?.[name] ?? {})) lines.set(key, value);
  return [`&${name}`, ...Array.from(lines, ([key, value]) => `  ${key} = ${value}`), '/'];
}
