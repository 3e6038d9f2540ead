/**
 * A run under a growing load, heat or pressure, that is watched: when and why it leaves the data of its potential
 * (distances, volume, predicted error), and when and why it breaks (energy, distances, explosion).
 */
import { CancelledError, SimulationError, StructureError } from '../../../../src-compute/errors.ts';
import { MolecularDynamics } from '../../../../src-compute/sampling/molecular-dynamics.ts';
import {
  completeMolecularDynamicsSettings,
  type MolecularDynamicsInput,
} from '../../../../src-compute/sampling/settings.ts';
import { volume } from '../../../../src-compute/structure/cell.ts';
import { atomCount, type Configuration } from '../../../../src-compute/structure/configuration.ts';
import { minimumDistance } from '../../../../src-compute/structure/minimum-distance.ts';
import { recipeEngine } from '../../recipes/engine.ts';
import { breathe, throwIfCancelled, type RecipeContext } from '../../recipes/recipe.ts';
import { Trust } from '../../recipes/trust.ts';
import type { SubjectCrystal } from '../subject.ts';

/** One look at the run. */
export interface RampLook {
  /** fs */
  readonly time: number;
  /** K */
  readonly temperature: number;
  /** GPa */
  readonly pressure: number;
  /** eV/atom, above the crystal at rest */
  readonly energy: number;
  /** Å³/atom */
  readonly volume: number;
  /** Shortest distance, Å. */
  readonly nearest: number;
  /** Predicted error of the energy, eV/atom. */
  readonly sigma: number | undefined;
}

export interface RampEvent {
  readonly why: string;
  readonly look: RampLook;
  readonly structure: Configuration;
}

export interface Ramp {
  readonly looks: readonly RampLook[];
  /** The first time that the run left the data. */
  readonly left?: RampEvent;
  /** What ended it before its time. */
  readonly broke?: RampEvent;
  /** Whether the potential knows its data at all. */
  readonly knowsData: boolean;
  readonly last: Configuration;
}

const LOOKS = 120;
/** An energy so far below the crystal at rest is a hole, eV/atom. */
const HOLE = 0.3;
/** Atoms closer than this part of the nearest distance at rest have fallen into each other. */
const COLLAPSED = 0.5;
/** A box that has grown so much has boiled off: nothing condensed is left to look at. */
const BOILED = 3;

/** Runs the ramp. @throws CancelledError */
export async function ramp(
  start: Configuration,
  crystal: SubjectCrystal,
  input: MolecularDynamicsInput,
  context: RecipeContext,
): Promise<Ramp> {
  const settings = completeMolecularDynamicsSettings({ ...input, checkpointEvery: 1_000_000_000 });
  const engine = await recipeEngine(context, start);
  const trust = new Trust(context);
  const looks: RampLook[] = [];
  const every = Math.max(1, Math.floor(settings.steps / LOOKS));
  let left: RampEvent | undefined;
  let broke: RampEvent | undefined;
  let last = start;
  let knowsData = context.volumes !== undefined;
  try {
    const simulation = new MolecularDynamics(start, engine, settings);
    await simulation.run(async ({ step, system, thermodynamics: now }) => {
      if (step % every !== 0) return;
      const structure: Configuration = {
        ...start,
        positions: system.positions.slice(),
        cell: system.cell.slice(),
      };
      const { outside, sigma } = trust.of(structure);
      if (outside !== undefined || sigma !== undefined) knowsData = true;
      const n = atomCount(start);
      const look: RampLook = {
        time: now.time,
        temperature: now.temperature,
        pressure: now.pressure,
        energy: now.potential / n - crystal.energy,
        volume: volume(system.cell) / n,
        nearest: minimumDistance(structure, crystal.nearest * 2) ?? Infinity,
        sigma,
      };
      looks.push(look);
      last = structure;
      if (outside !== undefined) left ??= { why: outside, look, structure };
      const why = broken(look, crystal);
      if (why !== undefined) {
        broke = { why, look, structure };
        throw new RampEnd();
      }
      context.onProgress(
        step / settings.steps,
        `${now.temperature.toFixed(0)} K, ${now.pressure.toFixed(1)} GPa`,
      );
      throwIfCancelled(context);
      await breathe();
    });
  } catch (error) {
    if (error instanceof CancelledError) throw error;
    if (!(error instanceof RampEnd)) {
      if (!(error instanceof SimulationError || error instanceof StructureError)) throw error;
      const look = looks.at(-1) ?? {
        time: 0,
        temperature: NaN,
        pressure: NaN,
        energy: NaN,
        volume: NaN,
        nearest: NaN,
        sigma: undefined,
      };
      broke = { why: error.message, look, structure: last };
    }
  } finally {
    engine.dispose();
  }
  return { looks, left, broke, knowsData, last };
}

/** Ends a run that is broken; caught where it was begun. */
class RampEnd extends Error {}

function broken({ energy, nearest, volume: v }: RampLook, crystal: SubjectCrystal): string | undefined {
  if (energy < -HOLE)
    return `the energy fell ${Math.abs(energy).toFixed(2)} eV/atom below that of the crystal at rest: it has a hole.`;
  if (nearest < COLLAPSED * crystal.nearest)
    return `two atoms came within ${nearest.toFixed(2)} Å, where the crystal has ${crystal.nearest.toFixed(2)} Å.`;
  if (v > BOILED * crystal.volume)
    return `the box grew to ${BOILED} times its volume: the material boiled away.`;
  return undefined;
}
