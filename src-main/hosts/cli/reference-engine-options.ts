/** Options that choose and set up a reference engine; md --on-the-fly and label share them. */
import { InvalidArgumentError, Option, type Command } from 'commander';
import { ENGINE_NAMES, type ReferenceEngineInput } from '../../engines/registry.ts';
import type { IpiAddress } from '../../engines/i-pi/server.ts';
import { OCCUPATIONS, SMEARINGS } from '../../engines/espresso/settings.ts';
import { real, whole } from './options.ts';

export interface ReferenceEngineOptions {
  engine: (typeof ENGINE_NAMES)[number];
  pairStyle?: string;
  pairCoeff?: string[];
  lammpsTemplate?: string;
  lammps?: string;
  ipiAddress?: IpiAddress;
  ipiClient?: string;
  pseudopotentials?: Record<string, string>;
  pseudoFolder?: string;
  ecutwfc?: number;
  ecutrho?: number;
  kPoints?: [number, number, number];
  occupations?: (typeof OCCUPATIONS)[number];
  smearing?: (typeof SMEARINGS)[number];
  smearingWidth?: number;
  scfThreshold?: number;
  scfIterations?: number;
  pw?: string;
  pwLauncher?: string;
  referencePotential?: string;
  engineTimeout?: number;
}

/** Options and the engines that they belong to. */
const OWNERS: Readonly<Partial<Record<keyof ReferenceEngineOptions, readonly string[]>>> = {
  pairStyle: ['lammps'],
  pairCoeff: ['lammps'],
  lammpsTemplate: ['lammps'],
  lammps: ['lammps'],
  ipiAddress: ['i-pi'],
  ipiClient: ['i-pi'],
  pseudopotentials: ['espresso'],
  pseudoFolder: ['espresso'],
  ecutwfc: ['espresso'],
  ecutrho: ['espresso'],
  kPoints: ['espresso'],
  occupations: ['espresso'],
  smearing: ['espresso'],
  smearingWidth: ['espresso'],
  scfThreshold: ['espresso'],
  scfIterations: ['espresso'],
  pw: ['espresso'],
  pwLauncher: ['espresso'],
  referencePotential: ['potential'],
};

/** Names of these options as commander keeps them. */
export const REFERENCE_ENGINE_KEYS = [
  'engine',
  'engineTimeout',
  ...Object.keys(OWNERS),
] as (keyof ReferenceEngineOptions)[];

/** --engine and what belongs to each engine. */
export function addReferenceEngineOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--engine <program>', 'what computes the reference').choices(ENGINE_NAMES).default('lammps'),
    )
    .option('--engine-timeout <s>', 'time that it may take for one structure', real(1e-3, 1e9))
    .option('--pair-style <text>', 'lammps: what follows pair_style, such as "sw"')
    .option(
      '--pair-coeff <text...>',
      'lammps: what follows pair_coeff, such as "* * Si.sw Si"; may be given several times',
    )
    .option(
      '--lammps-template <file>',
      'lammps: file with the commands of the interaction, instead of --pair-style',
    )
    .option('--lammps <path>', 'the LAMMPS to use; otherwise FORCEWRIGHT_LAMMPS or lmp on the PATH')
    .option(
      '--ipi-address <place>',
      'i-pi: where the client connects, unix:NAME or HOST:PORT; otherwise a UNIX socket of its own',
      ipiAddress,
    )
    .option(
      '--ipi-client <command>',
      'i-pi: starts the client; {name}, {socket}, {host}, {port}, {address}, {structure} (.xyz), {data} (LAMMPS) and\n' +
        '{folder} stand for where to connect and for the first structure. Without it a client from elsewhere is awaited',
    )
    .option(
      '--pseudopotentials <list>',
      'espresso: a file for each element, Si=Si.pz-vbc.UPF,…',
      pseudopotentials,
    )
    .option('--pseudo-folder <folder>', 'espresso: where they are; otherwise ESPRESSO_PSEUDO or beside pw.x')
    .option('--ecutwfc <Ry>', 'espresso: cutoff of the wave functions', real(1, 1e4))
    .option('--ecutrho <Ry>', 'espresso: cutoff of the density; 4 × ecutwfc when left out', real(1, 1e5))
    .option('--k-points <n,n,n>', 'espresso: grid; 1,1,1 (Γ) when left out', triple)
    .addOption(new Option('--occupations <kind>', 'espresso; smearing when left out').choices(OCCUPATIONS))
    .addOption(new Option('--smearing <kind>', 'espresso; gaussian when left out').choices(SMEARINGS))
    .option('--smearing-width <Ry>', 'espresso; 0.01 when left out', real(1e-6, 1))
    .option('--scf-threshold <Ry>', 'espresso: error of the energy; 1e-8 when left out', real(1e-16, 1))
    .option('--scf-iterations <n>', 'espresso: most iterations; 100 when left out', whole(1, 10_000))
    .option('--pw <path>', 'espresso: the program; otherwise pw.x on the PATH')
    .option('--pw-launcher <command>', 'espresso: in front of it, such as "mpirun -np 4"')
    .option('--reference-potential <file>', 'potential: a *.potential.json as the reference');
}

/**
 * The engine that the options describe. Options of another engine, and missing ones, end the command with bad usage.
 * @param species elements of the LAMMPS types, where given
 */
export function referenceEngineOf(
  options: ReferenceEngineOptions,
  command: Command,
  species?: readonly string[],
): ReferenceEngineInput {
  const { engine } = options;
  for (const [key, owners] of Object.entries(OWNERS)) {
    if (command.getOptionValueSource(key) !== 'cli' || owners?.includes(engine)) continue;
    const option = command.options.find((candidate) => candidate.attributeName() === key);
    command.error(`error: option ${option?.long ?? key} belongs to --engine ${owners?.join(' or ')}.`);
  }
  const timeout = options.engineTimeout === undefined ? {} : { timeout: options.engineTimeout };
  const types = species === undefined ? {} : { species: [...species] };
  switch (engine) {
    case 'lammps':
      return { engine, ...timeout, ...types, ...lammpsOf(options, command) };
    case 'i-pi':
      return {
        engine,
        ...timeout,
        ...types,
        address: options.ipiAddress,
        client: ipiClientOf(options, command),
      };
    case 'espresso':
      return { engine, ...timeout, ...espressoOf(options, command) };
    case 'potential':
      return { engine, potential: required(options.referencePotential, '--reference-potential', command) };
  }
}

function required<T>(value: T | undefined, name: string, command: Command): T {
  if (value === undefined) return command.error(`error: this engine needs ${name}.`);
  return value;
}

function lammpsOf(options: ReferenceEngineOptions, command: Command) {
  const { pairStyle, pairCoeff, lammpsTemplate } = options;
  if ((pairStyle === undefined) === (lammpsTemplate === undefined)) {
    command.error('error: --engine lammps needs either --pair-style or --lammps-template.');
  }
  if (pairStyle !== undefined && pairCoeff === undefined) {
    command.error('error: --pair-style needs --pair-coeff.');
  }
  return {
    pairStyle,
    pairCoefficients: pairCoeff ?? [],
    template: lammpsTemplate,
    program: options.lammps,
    folder: process.cwd(),
  };
}

function ipiClientOf(options: ReferenceEngineOptions, command: Command): string | undefined {
  if (options.ipiClient === undefined && options.ipiAddress === undefined) {
    command.error('error: --engine i-pi needs --ipi-client, or --ipi-address for a client from elsewhere.');
  }
  return options.ipiClient;
}

function espressoOf(options: ReferenceEngineOptions, command: Command) {
  return {
    pseudopotentials: required(options.pseudopotentials, '--pseudopotentials', command),
    pseudoFolder: options.pseudoFolder,
    cutoff: required(options.ecutwfc, '--ecutwfc', command),
    densityCutoff: options.ecutrho,
    kPoints: options.kPoints,
    occupations: options.occupations,
    smearing: options.smearing,
    smearingWidth: options.smearingWidth,
    threshold: options.scfThreshold,
    maximumIterations: options.scfIterations,
    program: options.pw,
    launcher: options.pwLauncher,
  };
}

/** unix:NAME or HOST:PORT */
export function ipiAddress(text: string): IpiAddress {
  const unix = /^unix:([\w.-]{1,60})$/.exec(text);
  if (unix) return { kind: 'unix', name: unix[1] };
  const tcp = /^(?:([^\s:]+|\[[\da-fA-F:]+\]):)?(\d{1,5})$/.exec(text);
  if (tcp && Number(tcp[2]) <= 65535) {
    return { kind: 'tcp', host: tcp[1]?.replace(/^\[|\]$/g, '') ?? '127.0.0.1', port: Number(tcp[2]) };
  }
  throw new InvalidArgumentError('unix:NAME or HOST:PORT was expected.');
}

function pseudopotentials(text: string): Record<string, string> {
  const pairs = text.split(',').map((part) => part.split('=').map((word) => word.trim()));
  if (pairs.some((pair) => pair.length !== 2 || pair.includes(''))) {
    throw new InvalidArgumentError('Pairs like Si=Si.pz-vbc.UPF,O=O.UPF were expected.');
  }
  return Object.fromEntries(pairs.map(([symbol, file]) => [symbol, file]));
}

function triple(text: string): [number, number, number] {
  const [a, b, c, ...more] = text.split(',').map(whole(1, 1000));
  if (b === undefined || c === undefined || more.length > 0)
    throw new InvalidArgumentError('Three whole numbers such as 2,2,2 were expected.');
  return [a, b, c];
}
