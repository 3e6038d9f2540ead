/** The form for a simulation: structure, method, conditions. */
import { defineStore } from 'pinia';
import { computed, ref, watch } from 'vue';
import type { StructureSourceInput } from '../../src-main/api/types.ts';
import { api } from '../host/connection.ts';
import { useJobs } from './jobs.ts';
import { usePotentials } from './potentials.ts';
import { useSession } from './session.ts';

export type Method = 'md' | 'hmc';
export type EnsembleName = 'nve' | 'nvt-langevin' | 'nvt-nose-hoover' | 'nvt-bussi' | 'npt';

const ENSEMBLE_WORDS: Record<EnsembleName, string> = {
  nve: 'NVE',
  'nvt-langevin': 'Langevin',
  'nvt-nose-hoover': 'Nosé–Hoover',
  'nvt-bussi': 'Bussi',
  npt: 'NPT',
};

/** Lattices with the number of species each takes and a constant to start from, Å. */
export const LATTICES = [
  { value: 'diamond', title: 'Diamond', species: 1, a: 5.43 },
  { value: 'fcc', title: 'Face-centred cubic', species: 1, a: 4.05 },
  { value: 'bcc', title: 'Body-centred cubic', species: 1, a: 3.16 },
  { value: 'hcp', title: 'Hexagonal close-packed', species: 1, a: 2.95 },
  { value: 'rocksalt', title: 'Rocksalt', species: 2, a: 5.6 },
  { value: 'zincblende', title: 'Zincblende', species: 2, a: 5.65 },
  { value: 'fluorite', title: 'Fluorite', species: 2, a: 5.45 },
  { value: 'perovskite', title: 'Perovskite', species: 3, a: 3.95 },
] as const;
export type LatticeChoice = (typeof LATTICES)[number]['value'];

/** Lattice constants of elements in their usual structure, Å, as first guesses for the builder. */
const ELEMENT_LATTICE: Record<string, { lattice: LatticeChoice; a: number }> = {
  Si: { lattice: 'diamond', a: 5.43 },
  Ge: { lattice: 'diamond', a: 5.66 },
  C: { lattice: 'diamond', a: 3.57 },
  Mo: { lattice: 'bcc', a: 3.15 },
  W: { lattice: 'bcc', a: 3.16 },
  Fe: { lattice: 'bcc', a: 2.87 },
  Ta: { lattice: 'bcc', a: 3.3 },
  Nb: { lattice: 'bcc', a: 3.3 },
  Li: { lattice: 'bcc', a: 3.51 },
  Na: { lattice: 'bcc', a: 4.29 },
  Cu: { lattice: 'fcc', a: 3.61 },
  Ni: { lattice: 'fcc', a: 3.52 },
  Al: { lattice: 'fcc', a: 4.05 },
  Ag: { lattice: 'fcc', a: 4.09 },
  Au: { lattice: 'fcc', a: 4.08 },
  Pt: { lattice: 'fcc', a: 3.92 },
  Ar: { lattice: 'fcc', a: 5.26 },
  Mg: { lattice: 'hcp', a: 3.21 },
  Ti: { lattice: 'hcp', a: 2.95 },
  Zr: { lattice: 'hcp', a: 3.23 },
};

export const useSimulationForm = defineStore('simulation-form', () => {
  const session = useSession();
  const potentials = usePotentials();
  const jobs = useJobs();

  const method = ref<Method>('md');
  const potentialId = ref<number>();
  const name = ref('');
  // structure
  const sourceKind = ref<'lattice' | 'dataset' | 'trajectory'>('lattice');
  const latticeName = ref<LatticeChoice>('diamond');
  const a = ref(5.43);
  const repeat = ref(3);
  const vacancies = ref(0);
  const vacuum = ref(0);
  const datasetId = ref<number>();
  const position = ref(0);
  const trajectoryId = ref<number>();
  const frame = ref(0);
  // conditions
  const ensemble = ref<EnsembleName>('nvt-langevin');
  const temperature = ref(300);
  const endTemperature = ref<number | null>(null);
  const pressure = ref(0);
  const timestep = ref(1);
  const steps = ref(2000);
  const every = ref(20);
  const seed = ref(1);
  // hybrid Monte Carlo
  const trajectories = ref(200);
  const burnIn = ref(50);
  const leapfrogSteps = ref(10);
  const integrator = ref<'verlet' | 'omf2' | 'forcegradient4'>('omf2');

  const potential = computed(() => potentials.byId(potentialId.value));
  const symbols = computed(() => {
    const wanted = LATTICES.find((item) => item.value === latticeName.value)?.species ?? 1;
    const species = potential.value?.species ?? [];
    return Array.from({ length: wanted }, (_, k) => species[k] ?? species[0] ?? 'Si');
  });
  const ramp = computed(() => endTemperature.value !== null && endTemperature.value !== temperature.value);

  watch(
    () => potentials.list,
    (list) => {
      if (potential.value === undefined) potentialId.value = list.at(0)?.id;
    },
    { immediate: true },
  );
  watch(potential, (now) => {
    const guess = ELEMENT_LATTICE[now?.species[0] ?? ''];
    if (now?.species.length === 1 && guess) {
      latticeName.value = guess.lattice;
      a.value = guess.a;
    }
  });
  watch(
    () => session.project?.key,
    () => {
      potentialId.value = undefined;
      datasetId.value = undefined;
      trajectoryId.value = undefined;
      sourceKind.value = 'lattice';
      name.value = '';
    },
  );

  const structure = computed<StructureSourceInput | undefined>(() => {
    if (sourceKind.value === 'dataset') {
      if (datasetId.value === undefined) return undefined;
      const n = Math.max(1, repeat.value);
      return { kind: 'dataset', datasetId: datasetId.value, position: position.value, repeat: [n, n, n] };
    }
    if (sourceKind.value === 'trajectory') {
      if (trajectoryId.value === undefined) return undefined;
      return { kind: 'trajectory', trajectoryId: trajectoryId.value, frame: frame.value };
    }
    if (!(a.value > 0) || !(repeat.value >= 1)) return undefined;
    const n = Math.round(repeat.value);
    return {
      kind: 'lattice',
      lattice: latticeName.value,
      symbols: symbols.value,
      a: a.value,
      repeat: [n, n, n],
      vacancies: vacancies.value,
      surface: vacuum.value > 0 ? { axis: 2, vacuum: vacuum.value } : undefined,
      seed: seed.value,
    };
  });
  const suggestedName = computed(() => {
    const what = method.value === 'hmc' ? 'HMC' : ENSEMBLE_WORDS[ensemble.value];
    return `${potential.value?.species.join('') ?? ''} ${what} ${temperature.value} K`.trim();
  });

  /** Starts the run. @returns number of the job */
  async function start(): Promise<number> {
    if (potentialId.value === undefined || structure.value === undefined) {
      throw new Error('Choose a potential and a structure first.');
    }
    const common = {
      name: name.value.trim() || suggestedName.value,
      potentialId: potentialId.value,
      structure: structure.value,
    };
    const { jobId } =
      method.value === 'md'
        ? await api.simulations.startMd.mutate({
            ...common,
            every: every.value,
            settings: {
              ensemble: ensemble.value,
              temperature: ramp.value
                ? { start: temperature.value, end: endTemperature.value ?? temperature.value }
                : temperature.value,
              ...(ensemble.value === 'npt' ? { pressure: pressure.value } : {}),
              timestep: timestep.value,
              steps: steps.value,
              seed: seed.value,
              checkpointEvery: Math.max(100, Math.round(steps.value / 20)),
              keepVelocities: sourceKind.value === 'trajectory',
            },
          })
        : await api.simulations.startHmc.mutate({
            ...common,
            every: Math.max(1, Math.round(trajectories.value / 200)),
            settings: {
              temperature: temperature.value,
              trajectories: trajectories.value,
              burnIn: burnIn.value,
              leapfrogSteps: leapfrogSteps.value,
              integrator: integrator.value,
              timestep: timestep.value,
              seed: seed.value,
              checkpointEvery: 25,
            },
          });
    await jobs.refresh();
    return jobId;
  }

  return {
    method, potentialId, potential, name, suggestedName, sourceKind, latticeName, a, repeat, vacancies, vacuum,
    datasetId, position, trajectoryId, frame, ensemble, temperature, endTemperature, pressure, timestep, steps, every,
    seed, trajectories, burnIn, leapfrogSteps, integrator, symbols, structure, start,
  }; // prettier-ignore
});
