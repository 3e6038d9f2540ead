/** Options that describe environments and kernels, shared by entropy, select and generate. */
import { InvalidArgumentError, type Command } from 'commander';
import { AUTOMATIC_DESCRIPTOR } from '../../services/entropy/settings.ts';
import { names, real, whole } from './options.ts';

/** A positive number, or the name of a rule. */
function bandwidth(text: string): number | 'median' | 'volume' | 'coverage' {
  if (text === 'median' || text === 'volume' || text === 'coverage') return text;
  const value = Number(text);
  if (text.trim() === '' || !(value > 0) || !Number.isFinite(value)) {
    throw new InvalidArgumentError('A positive number, median, volume or coverage was expected.');
  }
  return value;
}

/** @param descriptor the default one, or in words how it is chosen */
export function addKernelOptions(
  command: Command,
  descriptor: { readonly name: string } | { readonly rule: string } = { name: AUTOMATIC_DESCRIPTOR },
): Command {
  const chosen = 'rule' in descriptor ? `; default: ${descriptor.rule}` : '';
  return command
    .option(
      '--descriptor <name>',
      `auto (quests, with the elements of the data kept apart where they are several), quests (as published, blind to elements), quests:Si,O, mtp:LEVEL (moment-tensor scalars) or tensor:RADIAL,ANGULAR,ANGULAR-RADIAL${chosen}`,
      'name' in descriptor ? descriptor.name : undefined,
    )
    .option('--cutoff <r>', 'cutoff of the descriptor, Å', real(1e-3, 100), 5)
    .option('--neighbors <k>', 'nearest neighbours of the quests descriptor', whole(1, 255), 32)
    .option(
      '--bandwidth <h>',
      'kernel width in the unit of the descriptor (quests: 1/Å), or median, volume, or coverage (95 % of the reference set are like the rest of it); default: 0.015 for quests, else what displacing atoms by 0.02 Å makes, and coverage against a reference',
      bandwidth,
    )
    .option('--species <names>', 'names of the types where a file has only numbers: Si,O', names)
    .option('--skip-bad', 'leave bad frames out instead of stopping at the first');
}
