/** Options that describe environments and kernels, shared by entropy, select and generate. */
import { InvalidArgumentError, type Command } from 'commander';
import { names, real, whole } from './options.ts';

/** A positive number, or the name of a rule. */
function bandwidth(text: string): number | 'median' | 'volume' {
  if (text === 'median' || text === 'volume') return text;
  const value = Number(text);
  if (text.trim() === '' || !(value > 0) || !Number.isFinite(value)) {
    throw new InvalidArgumentError('A positive number, median or volume was expected.');
  }
  return value;
}

/** @param descriptor the default one, or in words how it is chosen */
export function addKernelOptions(
  command: Command,
  descriptor: { readonly name: string } | { readonly rule: string } = { name: 'quests' },
): Command {
  const chosen = 'rule' in descriptor ? `; default: ${descriptor.rule}` : '';
  return command
    .option(
      '--descriptor <name>',
      `quests, mtp:LEVEL (moment-tensor scalars) or tensor:RADIAL,ANGULAR,ANGULAR-RADIAL${chosen}`,
      'name' in descriptor ? descriptor.name : undefined,
    )
    .option('--cutoff <r>', 'cutoff of the descriptor, Å', real(1e-3, 100), 5)
    .option('--neighbors <k>', 'nearest neighbours of the quests descriptor', whole(1, 255), 32)
    .option(
      '--bandwidth <h>',
      'kernel width in the unit of the descriptor (quests: 1/Å), or median, or volume; default: 0.015 for quests, else median',
      bandwidth,
    )
    .option('--species <names>', 'names of the types where a file has only numbers: Si,O', names)
    .option('--skip-bad', 'leave bad frames out instead of stopping at the first');
}
