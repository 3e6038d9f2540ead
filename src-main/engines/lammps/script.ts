/** The parts that every LAMMPS script of ours begins with. */
import type { LammpsFrame } from './frame.ts';
import type { LammpsInteraction } from './interaction.ts';

/** LAMMPS' own conversion of eV/Å³ to bar in units metal (force->nktv2p); it differs from CODATA in the 8th digit. */
export const LAMMPS_EV_PER_A3_IN_BAR = 1.6021765e6;

/**
 * Commands that set up a structure and its potential.
 * @param dataFile name of the data file in the folder of the run
 * @param skin how much longer neighbour lists are than the cutoff, Å
 */
export function setupCommands(
  frame: LammpsFrame,
  dataFile: string,
  interaction: LammpsInteraction,
  newton: 'on' | 'off',
  skin: number,
): string[] {
  return [
    'units metal',
    'atom_style atomic',
    `newton ${newton}`,
    `boundary ${frame.boundary}`,
    'box tilt large',
    `read_data ${dataFile}`,
    ...interaction.commands,
    `neighbor ${skin} bin`,
    // dense or long-ranged cases exceed the default of 2000 neighbours
    'neigh_modify every 1 delay 0 check yes one 10000 page 200000',
  ];
}
