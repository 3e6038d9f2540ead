/** Settings of a molecular dynamics run, as users and jobs give them, and what is checked about them. */
import { z } from 'zod';
import { SimulationError } from '../errors.ts';
import { CELL_MOTIONS } from './barostat.ts';
import { firstFindingOf } from '../validation-words.ts';

/** Names of the ensembles. */
export const ENSEMBLES = ['nve', 'nvt-langevin', 'nvt-nose-hoover', 'nvt-bussi', 'npt', 'nph'] as const;
export type Ensemble = (typeof ENSEMBLES)[number];

const finite = z.number().finite();

/** A constant, or a linear ramp over the whole run. */
const scheduleSchema = z.union([finite, z.strictObject({ start: finite, end: finite })]);
export type Schedule = z.infer<typeof scheduleSchema>;

export const molecularDynamicsSchema = z.strictObject({
  ensemble: z.enum(ENSEMBLES),
  /** K; in NVE the temperature of the initial velocities */
  temperature: scheduleSchema,
  /** GPa; npt and nph only */
  pressure: scheduleSchema.optional(),
  /** fs */
  timestep: finite.positive(),
  /** number of steps of the whole run; ramps end there */
  steps: z.number().int().nonnegative(),
  seed: z.number().int(),
  /** γ of Langevin, 1/fs */
  friction: finite.positive().default(0.01),
  /** τ of Nosé–Hoover and Bussi, fs */
  relaxation: finite.positive().default(100),
  /** Nosé–Hoover thermostats in the chain */
  chainLength: z.number().int().min(1).max(20).default(3),
  /**
   * npt, nph: which cell motions; 'normal' moves c alone, as at an interface perpendicular to it, 'transverse-x' the two
   * lengths across x, as in a specimen that is pulled along x
   */
  cellMotion: z.enum(CELL_MOTIONS).default('isotropic'),
  /** npt, nph: τ of the cell, fs */
  cellRelaxation: finite.positive().default(1000),
  /** inner steps per outer step when a cheap potential drives the inner ones */
  innerSteps: z.number().int().min(1).max(1000).default(1),
  /** Å per step that no atom may exceed; shortens the time step when needed */
  maximumDisplacement: finite.positive().optional(),
  /** keep the velocities of the structure where it has some */
  keepVelocities: z.boolean().default(false),
  /** hold the centre of mass at rest; default when no atom is fixed */
  removeMomentum: z.boolean().optional(),
  /** steps between checkpoints; also where the neighbour list is built afresh */
  checkpointEvery: z.number().int().positive().default(1000),
});

export type MolecularDynamicsSettings = z.output<typeof molecularDynamicsSchema>;
export type MolecularDynamicsInput = z.input<typeof molecularDynamicsSchema>;

/** Whether the cell moves under a pressure. */
export function constantPressure(ensemble: Ensemble): boolean {
  return ensemble === 'npt' || ensemble === 'nph';
}

/** Value of a schedule at a fraction 0 … 1 of the run. */
export function scheduleAt(schedule: Schedule, fraction: number): number {
  return typeof schedule === 'number'
    ? schedule
    : schedule.start + (schedule.end - schedule.start) * fraction;
}

/** Whether it changes during the run. */
export function isRamp(schedule: Schedule): boolean {
  return typeof schedule !== 'number' && schedule.start !== schedule.end;
}

/**
 * Fills in defaults and checks what types cannot say.
 * @throws SimulationError in words
 */
export function completeMolecularDynamicsSettings(input: MolecularDynamicsInput): MolecularDynamicsSettings {
  const parsed = molecularDynamicsSchema.safeParse(input);
  if (!parsed.success) {
    const { place, text } = firstFindingOf(parsed.error);
    throw new SimulationError(`The setting ${place || '(top)'} cannot be used: ${text}.`);
  }
  const settings = parsed.data;
  const lowest = Math.min(scheduleAt(settings.temperature, 0), scheduleAt(settings.temperature, 1));
  if (!(lowest > 0) && !(['nve', 'nph'].includes(settings.ensemble) && lowest === 0)) {
    throw new SimulationError(`The temperature must be above 0 K, and is ${lowest} K.`, {
      remedy: 'Give a positive temperature; NVE may start from rest with 0.',
    });
  }
  if (isRamp(settings.temperature) && ['nve', 'nph'].includes(settings.ensemble)) {
    throw new SimulationError(
      `The ensemble ${settings.ensemble} has no thermostat that could follow a ramp of the temperature.`,
      { remedy: 'Give one temperature, that of the first velocities, or use an ensemble with a thermostat.' },
    );
  }
  if (settings.pressure !== undefined && !constantPressure(settings.ensemble)) {
    throw new SimulationError(
      `A pressure was given, and the ensemble ${settings.ensemble} keeps the volume.`,
      {
        remedy: 'Use the ensemble npt, or leave the pressure out.',
      },
    );
  }
  if (settings.maximumDisplacement !== undefined && constantPressure(settings.ensemble)) {
    throw new SimulationError('An adaptive time step works with a constant volume only.', {
      remedy: 'Leave the largest displacement out, or use another ensemble.',
    });
  }
  return settings;
}
