/** How files of structures are to be read: one set of options for every command that reads labels or positions. */
import type { Command } from 'commander';
import type { LabelOptions, ReadOptions } from '../../formats/index.ts';
import { ForcewrightError } from '../../../src-compute/errors.ts';
import { OPTIONAL } from '../../../src-compute/structure/properties.ts';
import { factorOfUnit } from '../../formats/property-names.ts';
import { unitOf, type Dimension } from '../../formats/units.ts';
import { labelOptions } from '../../services/datasets/import-runner.ts';
import { usage } from './usage.ts';

export interface ReadingOptions extends Omit<LabelOptions, 'virialSign' | 'propertyUnits'> {
  format?: string;
  propertyUnit?: Record<string, string>;
  flipVirial?: boolean;
}

/** Options of commands that use energies, forces or virials of the file. */
export function addReadingOptions(command: Command): Command {
  addFormatOption(command)
    .option('--energy-key <key>', 'key that holds the energy, where it is not a usual one')
    .option('--forces-key <key>', 'column that holds the forces, where it is not a usual one')
    .option('--virial-key <key>', 'key that holds the virial −∂E/∂strain, where it is not a usual one')
    .option('--stress-key <key>', 'key that holds the stress (tension positive), where it is not a usual one')
    .option(
      '--energy-unit <unit>',
      'unit of the energies, else eV: hartree, Ry, kcal/mol, kJ/mol, eV/atom',
      unit('energy'),
    )
    .option(
      '--force-unit <unit>',
      'unit of the forces, else eV/Å: hartree/bohr, Ry/bohr, kcal/mol/Å',
      unit('force'),
    )
    .option(
      '--virial-unit <unit>',
      'unit of the virial or stress, else eV or eV/Å^3: GPa, kbar, hartree/bohr^3',
      unit('pressure', 'energy'),
    );
  return addLengthUnit(command)
    .option(
      '--property-unit <property=unit>',
      `unit of another property, more than once: ${OPTIONAL.map(({ files, unit }) => `${files.xyz[0]} (else ${unit})`).join(', ')}`,
      propertyUnit,
    )
    .option('--flip-virial', 'turn the sign of every virial and stress')
    .optionsGroup('Options:');
}

/** Options of commands that use positions alone. */
export function addStructureReadingOptions(command: Command): Command {
  return addLengthUnit(addFormatOption(command)).optionsGroup('Options:');
}

function addFormatOption(command: Command): Command {
  return command
    .optionsGroup('How files are read:')
    .option('--format <format>', 'format of the files; otherwise told from their content');
}

function addLengthUnit(command: Command): Command {
  return command.option(
    '--length-unit <unit>',
    'unit of positions and cell, else Å: bohr, nm',
    unit('length'),
  );
}

/** What the options say, for a reader. */
export function readingOf(options: ReadingOptions): Pick<ReadOptions, 'format'> & LabelOptions {
  const { format, flipVirial, propertyUnit: propertyUnits } = options;
  return {
    ...(format === undefined ? {} : { format }),
    ...labelOptions({ ...options, propertyUnits, ...(flipVirial ? { virialSign: -1 } : {}) }),
  };
}

/** 'dipole=Debye', by the key of the row or one of its names in extended XYZ. */
function propertyUnit(text: string, before: Record<string, string> = {}): Record<string, string> {
  const [name, unitText = ''] = text.split('=', 2);
  const row = OPTIONAL.find(({ key, files }) => key === name || files.xyz.includes(name));
  usage(() => {
    if (row === undefined)
      throw new ForcewrightError(
        `Expected one of ${OPTIONAL.map(({ files }) => files.xyz[0]).join(', ')} with its unit, such as dipole=Debye, found "${text.slice(0, 40)}".`,
      );
    factorOfUnit(row, unitText);
  })(text);
  return row === undefined ? before : { ...before, [row.key]: unitText };
}

/** A unit as given, checked before the work. */
function unit(...wanted: readonly Dimension[]) {
  return usage((text: string) => {
    unitOf(text, ...wanted);
    return text;
  });
}
