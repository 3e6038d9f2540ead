/**
 * A potential for servers of the i-PI protocol. Which atoms there are is not part of the protocol: they come from a
 * structure, or from the text of INIT as JSON: {"symbols": ["Si", "O", …], "pbc": [true, true, true]}.
 */
import { z } from 'zod';
import { PotentialError } from '../../../src-compute/errors.ts';
import { closeAtomsWarning } from '../../../src-compute/potentials/distances.ts';
import type { PotentialModel } from '../../../src-compute/potentials/registry.ts';
import {
  atomCount,
  kindsFromSymbols,
  type Configuration,
} from '../../../src-compute/structure/configuration.ts';
import type { DriverAnswer, DriverModel } from '../../engines/i-pi/driver.ts';
import { requireElements } from '../potentials/elements.ts';
import { openSimulationEngine, type EngineChoice, type SimulationEngine } from '../simulations/engines.ts';

/** What INIT may say. */
const initialSchema = z.object({
  symbols: z.array(z.string().min(1).max(20)).min(1),
  pbc: z.tuple([z.boolean(), z.boolean(), z.boolean()]).default([true, true, true]),
});

export interface PotentialDriverSettings {
  readonly model: PotentialModel;
  /** For messages. */
  readonly name: string;
  /** The atoms in the order of the server; where absent, INIT has to tell them. */
  readonly structure?: Configuration;
  readonly engine?: EngineChoice;
  /** Whether the energies of the atoms travel with the forces, as JSON: {"energies": […]}, eV. */
  readonly perAtom?: boolean;
  /** Told once each: the backend that computes, and atoms closer than the potential knows. */
  readonly note?: (sentence: string) => void;
}

export class PotentialDriver implements DriverModel, Disposable {
  readonly #settings: PotentialDriverSettings;
  #atoms: Configuration | undefined;
  #engine: SimulationEngine | undefined;
  #warned = false;

  /** @throws PotentialError when the structure holds elements that the potential does not know */
  constructor(settings: PotentialDriverSettings) {
    this.#settings = settings;
    if (settings.structure) this.#use(settings.structure);
  }

  get atoms(): number | undefined {
    return this.#atoms && atomCount(this.#atoms);
  }

  #use(atoms: Configuration): void {
    const { model, name } = this.#settings;
    requireElements({ name, species: [...model.species] }, [
      ...new Set(Array.from(atoms.kinds, (kind) => atoms.symbols[kind])),
    ]);
    this.#engine?.dispose();
    this.#engine = undefined;
    this.#atoms = atoms;
  }

  /**
   * Servers that know nothing of this driver send texts of their own (i-PI its options, ASE one zero): they are passed
   * over where a structure was given, and refused with a sentence where none was.
   */
  initialise(_bead: number, text: string): Promise<void> {
    const asked = initialSchema.safeParse(json(text));
    if (asked.success) {
      const { symbols, pbc } = asked.data;
      this.#use({
        ...kindsFromSymbols(symbols),
        positions: new Float64Array(3 * symbols.length),
        cell: new Float64Array(9),
        periodic: pbc,
      });
    } else if (!this.#atoms) {
      throw new PotentialError(
        'The server does not say which atoms there are, and the driver was started without a structure.',
        {
          remedy:
            'Start the driver with --structure, or have the server send {"symbols": ["Si", …]} as the text of INIT.',
        },
      );
    }
    return Promise.resolve();
  }

  async compute(positions: Float64Array, cell: Float64Array): Promise<DriverAnswer> {
    const { model, engine: choice, note, perAtom } = this.#settings;
    if (!this.#atoms) throw new PotentialError('There are no atoms to compute.');
    const structure = { ...this.#atoms, positions, cell };
    if (!this.#engine) {
      this.#engine = await openSimulationEngine(model, structure, choice);
      note?.(this.#engine.choice);
    }
    await this.#engine.compute(positions, cell);
    if (!this.#warned) {
      const warning = closeAtomsWarning(model, structure);
      if (warning) note?.(`Warning: ${warning}`);
      this.#warned = warning !== undefined;
    }
    const { energy, forces, virial, atomEnergies } = this.#engine.result;
    const extra = perAtom ? JSON.stringify({ energies: Array.from(atomEnergies) }) : undefined;
    return { energy, forces, virial, extra };
  }

  [Symbol.dispose](): void {
    this.#engine?.dispose();
  }
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
