/** From the settings of molecular dynamics to the maps of a step: which propagator, with which thermostat on which atoms. */
import { SimulationError } from '../errors.ts';
import type { ForceEngine } from '../potentials/potential.ts';
import { BarostatPropagator } from './barostat.ts';
import { RespaPropagator, VerletPropagator, type Propagator } from './propagators.ts';
import type { Random } from './random.ts';
import { constantPressure, scheduleAt, type MolecularDynamicsSettings } from './settings.ts';
import type { ParticleSystem } from './system.ts';
import { BussiThermostat, LangevinThermostat, NoseHooverChain, type Thermostat } from './thermostats.ts';

/**
 * The mask of the thermostatted atoms; undefined when they are all that can move.
 * @throws SimulationError for groups that cannot be kept at a temperature
 */
export function thermostatGroup(
  count: number,
  { ensemble, removeMomentum: centred }: MolecularDynamicsSettings,
  { thermostatted: group, fixed }: { readonly thermostatted?: Uint8Array; readonly fixed?: Uint8Array },
): Uint8Array | undefined {
  if (group === undefined) return undefined;
  if (!ensemble.startsWith('nvt')) {
    throw new SimulationError(
      `The ensemble ${ensemble} has no thermostat that acts on a part of the atoms.`,
      {
        remedy: 'Use nvt-langevin, nvt-bussi or nvt-nose-hoover.',
      },
    );
  }
  if (group.length !== count) {
    throw new SimulationError(
      `The mask of thermostatted atoms has ${group.length} entries for ${count} atoms.`,
    );
  }
  const free = group.map((_, i) => (fixed?.[i] ? 0 : 1));
  if (!group.some((flag, i) => flag && free[i])) {
    throw new SimulationError('None of the thermostatted atoms can move.', {
      remedy: 'Name atoms that are not fixed.',
    });
  }
  if (free.every((moves, i) => !moves || group[i])) return undefined;
  if (centred) {
    throw new SimulationError(
      'The centre of mass cannot be held at rest while a part of the atoms is thermostatted.',
      { remedy: 'Switch one of the two off.' },
    );
  }
  return group;
}

/**
 * The propagator of a run.
 * @param parts.cheap potential of the inner steps, for multiple time steps
 * @param parts.group mask of the thermostatted atoms; all when absent
 * @throws SimulationError for settings that do not fit the system
 */
export function createPropagator(
  settings: MolecularDynamicsSettings,
  system: ParticleSystem,
  engine: ForceEngine,
  random: Random,
  { cheap, group }: { readonly cheap?: ForceEngine; readonly group?: Uint8Array },
): Propagator {
  const { ensemble } = settings;
  const thermostat = createThermostat(settings, random, group);
  if (constantPressure(ensemble)) {
    if (cheap) throw new SimulationError('Multiple time steps work with a constant volume only.');
    return new BarostatPropagator(system, engine, thermostat, random, {
      motion: settings.cellMotion,
      relaxation: settings.cellRelaxation,
      friction: 1 / settings.cellRelaxation,
      // at rest there is no temperature to take the inertia from
      inertiaTemperature: Math.max(1, scheduleAt(settings.temperature, 0)),
    });
  }
  if (cheap) return new RespaPropagator(system, engine, cheap, settings.innerSteps, thermostat);
  const place = ensemble === 'nvt-langevin' ? 'middle' : ensemble === 'nvt-nose-hoover' ? 'both-ends' : 'end';
  return new VerletPropagator(system, engine, thermostat, place);
}

function createThermostat(
  { ensemble, friction, relaxation, chainLength }: MolecularDynamicsSettings,
  random: Random,
  group: Uint8Array | undefined,
): Thermostat | undefined {
  switch (ensemble) {
    case 'nve':
    case 'nph':
      return undefined;
    case 'nvt-langevin':
      return new LangevinThermostat(friction, random, group);
    case 'nvt-nose-hoover':
      return new NoseHooverChain(relaxation, chainLength, group);
    case 'nvt-bussi':
    case 'npt':
      return new BussiThermostat(relaxation, random, group);
  }
}
