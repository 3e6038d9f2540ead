/**
 * JSON of pymatgen: one structure, a list of structures, or records of the mlearn datasets (Zuo et al., J. Phys. Chem.
 * A 124 (2020) 731) with energy, forces and `virial_stress` in kB, positive when compressed.
 * The order of the stress components is decided group by group (stress-order.ts) in a first pass over the file.
 */
import { volume } from '../../../src-compute/structure/cell.ts';
import {
  kindsFromSymbols,
  type Configuration,
  type FrameValue,
} from '../../../src-compute/structure/configuration.ts';
import { EV_PER_A3_IN_KBAR } from '../../../src-compute/units.ts';
import {
  FrameFailure,
  type FrameParser,
  type FrameWarning,
  type LabelSources,
  type ParsedFrame,
  type ReadContext,
  type ReadOptions,
  type StructureFormat,
} from '../format.ts';
import { symmetrise, tensorFromComponents, withSign } from '../labels.ts';
import { shorten, toCartesian } from '../lines.ts';
import { elementSpelling } from '../species.ts';
import { TextInput } from '../text-input.ts';
import { jsonElements, type JsonElement } from './elements.ts';
import { propertiesOf } from './properties.ts';
import { forceRows, recordSchema, stressSchema, structureSchema, type StructureRecord } from './schema.ts';
import {
  decideOrder,
  PLACES,
  type OrderDecision,
  type OrderSample,
  type StressOrder,
} from './stress-order.ts';
import { firstFindingOf } from '../../../src-compute/validation-words.ts';

/** Configurations of the first pass that are kept to decide the order. */
const MOST_SAMPLES = 1000;
/** Kinds of records whose keys are remembered. */
const MOST_SHAPES = 100;

class PymatgenParser implements FrameParser {
  frameLine = 1;
  private readonly context: ReadContext;
  private readonly elements: AsyncGenerator<JsonElement>;
  private readonly decisions = new Map<string, OrderDecision>();
  private readonly warned = new Set<string>();
  private readonly known = new Map<string, LabelSources>();
  private decided = false;
  private ended = false;
  private frames = 0;

  constructor(input: TextInput, context: ReadContext) {
    this.context = context;
    this.elements = jsonElements(input.pieces());
  }

  async next(): Promise<ParsedFrame | undefined> {
    if (!this.decided) await this.decideOrders();
    let element: IteratorResult<JsonElement>;
    try {
      element = await this.elements.next();
    } catch (error) {
      this.ended = true;
      throw error;
    }
    if (element.done === true) {
      this.ended = true;
      if (this.frames === 0)
        throw new FrameFailure('Expected a pymatgen structure or a list of records, found none.', 1);
      return undefined;
    }
    this.frames++;
    this.frameLine = element.value.line;
    const record = recordOf(element.value);
    const group = groupOf(record);
    const { stress, ordered } = labelsOf(record, this.context.options, this.frameLine);
    const warnings: FrameWarning[] = [];
    const decision = this.decisions.get(group);
    if (stress?.length === 6 && !ordered && decision !== undefined && !this.warned.has(group)) {
      this.warned.add(group);
      warnings.push({
        message: `Took the order xx yy zz ${decision.order} for the virial_stress of ${group === '' ? 'this file' : `the group "${group}"`}: ${decision.reason}.`,
      });
    }
    const configuration = configurationOf(
      record,
      decision?.order ?? 'xy xz yz',
      this.frameLine,
      this.context.options,
      (message) => {
        if (!this.warned.has(message)) warnings.push({ message });
        this.warned.add(message);
      },
    );
    if (stress !== undefined && configuration.virial === undefined && !this.warned.has('no cell')) {
      this.warned.add('no cell');
      warnings.push({
        message: 'Expected a lattice for the stress: without a volume it is no virial and was left aside.',
      });
    }
    return { configuration, line: this.frameLine, warnings, labels: this.sources(record) };
  }

  recover(): Promise<boolean> {
    return Promise.resolve(!this.ended);
  }

  /** Records with the same keys keep their labels under the same ones. */
  private sources(record: StructureRecord): LabelSources {
    const present = ([key, value]: [string, unknown]) => (value == null ? [] : [key]);
    const keys = [record, record.outputs ?? {}].map((of) => Object.entries(of).flatMap(present).join(' '));
    const shape = keys.join(' | ');
    const known = this.known.get(shape) ?? sourcesOf(record, this.context.options);
    if (this.known.size < MOST_SHAPES) this.known.set(shape, known);
    return known;
  }

  /** First pass: reads the file for itself; what is broken is left for the second pass to report. */
  private async decideOrders(): Promise<void> {
    this.decided = true;
    const samples: OrderSample[] = [];
    const symbols = new Map<string, Set<string>>();
    await using input = await TextInput.open(this.context.file, { signal: this.context.options.signal });
    try {
      for await (const element of jsonElements(input.pieces())) {
        const sample = sampleOf(element);
        if (sample === undefined) continue;
        const known = symbols.get(sample.group) ?? new Set<string>();
        for (const symbol of sample.configuration.symbols) known.add(symbol);
        symbols.set(sample.group, known);
        if (samples.length < MOST_SAMPLES) samples.push(sample);
      }
    } catch (error) {
      if (!(error instanceof FrameFailure)) throw error;
    }
    for (const [group, known] of symbols) this.decisions.set(group, decideOrder(group, known, samples));
  }
}

function sampleOf(element: JsonElement): OrderSample | undefined {
  try {
    const record = recordOf(element);
    const configuration = configurationOf(record, 'xy yz xz', element.line, {});
    if (configuration.virial === undefined || !(volume(configuration.cell) > 1e-6)) return undefined;
    return { group: groupOf(record), configuration };
  } catch (error) {
    if (!(error instanceof FrameFailure)) throw error;
    return undefined;
  }
}

function groupOf(record: StructureRecord): string {
  return record.group ?? record.tag ?? '';
}

/** A record, or a bare structure taken as a record without labels. */
function recordOf(element: JsonElement): StructureRecord {
  let value: unknown;
  try {
    value = JSON.parse(element.text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : '';
    throw new FrameFailure(`Expected valid JSON: ${shorten(reason)}.`, element.line);
  }
  const bare = typeof value === 'object' && value !== null && 'sites' in value;
  const parsed = bare ? structureSchema.safeParse(value) : recordSchema.safeParse(value);
  if (!parsed.success) {
    const { place, text } = firstFindingOf(parsed.error);
    throw new FrameFailure(
      `Expected a pymatgen structure or a record with "structure" and "outputs"; at "${shorten(place)}": ${text}.`,
      element.line,
    );
  }
  return 'structure' in parsed.data ? parsed.data : { structure: parsed.data };
}

function configurationOf(
  record: StructureRecord,
  order: StressOrder,
  line: number,
  options: ReadOptions,
  warn: (message: string) => void = () => undefined,
): Configuration {
  const { structure } = record;
  const { energy, forces, stress, ordered } = labelsOf(record, options, line);
  const symbols = structure.sites.map((site) => {
    const [first] = site.species;
    const occupancy = first.occu ?? 1;
    if (site.species.length > 1 || Math.abs(occupancy - 1) > 1e-6) {
      throw new FrameFailure(
        `Expected one element on every site, found a site that ${site.species.map((s) => `${s.element} occupies by ${s.occu ?? 1}`).join(' and ')}.`,
        line,
        'Make an ordered structure first.',
      );
    }
    return elementSpelling(first.element.replace(/(?<![\d.])[\d.]*[+-]$/, ''));
  });
  const cell = Float64Array.from(structure.lattice?.matrix.flat() ?? new Array<number>(9).fill(0));
  const positions = positionsOf(structure, cell, line);
  if (forces !== undefined && forces.length !== symbols.length) {
    throw new FrameFailure(
      `Expected ${symbols.length} forces, one for each site, found ${forces.length}.`,
      line,
    );
  }
  const hasVolume = volume(cell) > 0;
  const info: Record<string, FrameValue> = {};
  if (record.group != null) info.config_type = record.group;
  if (record.tag != null) info.tag = record.tag;
  if (record.description != null) info.description = record.description;
  if (record.correction != null) info.correction = record.correction;
  const periodic =
    structure.lattice === undefined
      ? ([false, false, false] as const)
      : (structure.lattice.pbc ?? ([true, true, true] as const));
  return {
    ...kindsFromSymbols(symbols),
    ...propertiesOf(record, warn),
    positions,
    cell,
    periodic,
    ...(energy === undefined ? {} : { energy }),
    ...(forces === undefined ? {} : { forces: Float64Array.from(forces.flat()) }),
    ...(stress === undefined || !hasVolume
      ? {}
      : { virial: withSign(virialOf(stress, ordered ? 'yz xz xy' : order, cell), options.virialSign) }),
    ...(Object.keys(info).length === 0 ? {} : { info }),
  };
}

function positionsOf(
  structure: StructureRecord['structure'],
  cell: Float64Array,
  line: number,
): Float64Array {
  const { sites } = structure;
  if (sites.every((site) => site.xyz !== undefined))
    return Float64Array.from(sites.flatMap((site) => site.xyz ?? []));
  if (structure.lattice === undefined || !sites.every((site) => site.abc !== undefined)) {
    throw new FrameFailure('Expected "xyz", or "abc" and a lattice, on every site.', line);
  }
  const positions = Float64Array.from(sites.flatMap((site) => site.abc ?? []));
  toCartesian(positions, cell);
  return positions;
}

/** Where the labels of a record stand: in "outputs" where that has any. */
function placeOf(record: StructureRecord): StructureRecord | NonNullable<StructureRecord['outputs']> {
  const { outputs } = record;
  const has = (place: typeof record | typeof outputs) =>
    place != null && (place.energy ?? place.forces ?? place.stress ?? place.virial_stress) != null;
  return outputs != null && has(outputs) ? outputs : record;
}

interface RecordLabels {
  readonly energy?: number;
  readonly forces?: readonly (readonly number[])[];
  /** Six numbers or nine, kB. */
  readonly stress?: readonly number[];
  /** Whether six numbers stand in Voigt's order; those of mlearn do not say theirs. */
  readonly ordered: boolean;
}

/** The keys that labels are taken from, and the others of "outputs" or beside the structure that could be labels. */
function sourcesOf(record: StructureRecord, options: ReadOptions): LabelSources {
  const place = placeOf(record);
  const present = (keys: readonly string[]) => keys.find((key) => place[key] != null);
  const values = Object.entries({ ...record, ...record.outputs });
  const having = (fits: (value: unknown) => boolean) =>
    values.filter(([, value]) => fits(value)).map(([key]) => key);
  const tensor = present(['virial_stress', 'stress']);
  return {
    taken: {
      energy: options.energyKey ?? present(['energy', 'uncorrected_total_energy']),
      forces: options.forcesKey ?? present(['forces', 'force']),
      // as VASP has it, a pressure in kB
      stress: options.virialKey ?? options.stressKey ?? tensor,
    },
    candidates: {
      energy: having((value) => typeof value === 'number'),
      forces: having(
        (value) => Array.isArray(value) && value.length === record.structure.sites.length && isRows(value),
      ),
      tensor: having((value) => stressSchema.safeParse(value).success),
    },
  };
}

function isRows(value: unknown): boolean {
  return forceRows.safeParse(value).success;
}

/** Labels of one place: "outputs" where it has any, else what stands beside the structure. */
function labelsOf(record: StructureRecord, options: ReadOptions, line: number): RecordLabels {
  const { outputs } = record;
  const place = placeOf(record);
  const named = (key: string | undefined): unknown =>
    key === undefined ? undefined : (outputs?.[key] ?? record[key]);
  const energy = options.energyKey === undefined ? undefined : named(options.energyKey);
  if (energy !== undefined && typeof energy !== 'number')
    throw new FrameFailure(`Expected a number (eV) for "${options.energyKey}".`, line);
  const forces =
    options.forcesKey === undefined ? undefined : forceRows.safeParse(named(options.forcesKey)).data;
  const given = options.virialKey ?? options.stressKey;
  const stress =
    given === undefined ? (place.virial_stress ?? place.stress) : stressSchema.safeParse(named(given)).data;
  return {
    energy:
      options.energyKey === undefined
        ? (place.energy ?? place.uncorrected_total_energy ?? undefined)
        : energy,
    forces: options.forcesKey === undefined ? (place.forces ?? place.force ?? undefined) : forces,
    stress: stress?.flat(),
    ordered: place === record,
  };
}

/** kB, positive when compressed: W = σV. */
function virialOf(
  stress: readonly number[],
  order: StressOrder | 'yz xz xy',
  cell: Float64Array,
): Float64Array {
  const factor = volume(cell) / EV_PER_A3_IN_KBAR;
  const scaled = stress.map((component) => component * factor);
  if (stress.length === 9 || order === 'yz xz xy') {
    const tensor = tensorFromComponents(scaled) ?? new Float64Array(9);
    symmetrise(tensor);
    return tensor;
  }
  const virial = new Float64Array(9);
  PLACES[order].forEach((place, k) => {
    virial[place] = stress[k] * factor;
    virial[3 * (place % 3) + Math.floor(place / 3)] = stress[k] * factor;
  });
  return virial;
}

export const pymatgenJson: StructureFormat = {
  name: 'pymatgen',
  title: 'pymatgen or mlearn JSON',
  extensions: ['.json'],
  namedLabels: true,
  recognise: (head) =>
    /^\s*(?:\[\s*)?\{/.test(head) && /"(?:structure|lattice|sites|outputs|@module)"\s*:/.test(head),
  conventions: [
    'pymatgen JSON: lengths in Å, total energy in eV (of entries the uncorrected one), forces in eV/Å; labels stand in "outputs" or beside the structure.',
    'Magnetic moments (μB), charges (e) and dipoles (e·Å) stand beside the labels or, by atom, in the properties of the sites.',
    'Stresses are in kB and positive when compressed, as VASP prints them; six numbers beside the structure (MatPES) are xx yy zz yz xz xy.',
    'virial_stress is in kB and positive when compressed; converted by W = σV (1 eV/Å³ = 1602.18 kB). Its order (xx yy zz xy yz xz or xx yy zz xy xz yz) is decided group by group, see the warnings.',
  ],
  open: (input, context) => new PymatgenParser(input, context),
};
