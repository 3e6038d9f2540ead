/** The form for a simulation that learns while it runs: structure, reference, conditions, when to trust the model. */
import { defineStore } from 'pinia';
import { computed, reactive, ref, watch } from 'vue';
import type { StructureSourceInput } from '../../src-main/api/types.ts';
import { api } from '../host/connection.ts';
import { useDatasets } from './datasets.ts';
import { useJobs } from './jobs.ts';
import { useLatticeForm } from './lattice-form.ts';
import { useSession } from './session.ts';

export type ReferenceProgram = 'lammps' | 'espresso' | 'i-pi';

/** Classical potentials that LAMMPS brings along, by element: a reference that costs nothing, to try it out. */
const LAMMPS_EXAMPLES: Record<string, { pairStyle: string; pairCoefficients: string }> = {
  Si: { pairStyle: 'sw', pairCoefficients: '* * Si.sw Si' },
  C: { pairStyle: 'tersoff', pairCoefficients: '* * SiC.tersoff C' },
  Cu: { pairStyle: 'eam', pairCoefficients: '* * Cu_u3.eam' },
  Ni: { pairStyle: 'eam', pairCoefficients: '* * Ni_u3.eam' },
  Al: { pairStyle: 'eam/alloy', pairCoefficients: '* * Al_zhou.eam.alloy Al' },
};

export const useOnTheFlyForm = defineStore('on-the-fly-form', () => {
  const session = useSession();
  const datasets = useDatasets();
  const jobs = useJobs();

  const name = ref('');
  const elements = ref('Si');
  const species = computed(() => elements.value.split(/[\s,;]+/).filter((word) => word !== ''));
  const seed = ref(1);
  const sourceKind = ref<'lattice' | 'dataset'>('lattice');
  const lattice = useLatticeForm(
    () => species.value,
    () => seed.value,
  );
  const datasetId = ref<number>();
  const position = ref(0);

  const program = ref<ReferenceProgram>('lammps');
  const lammps = reactive({ pairStyle: 'sw', pairCoefficients: '* * Si.sw Si' });
  const espresso = reactive({ cutoff: 30, pseudopotentials: {} as Record<string, string>, k: 1 });
  const port = ref(31415);

  const temperature = ref(600);
  const timestep = ref(1);
  const steps = ref(4000);
  const every = ref(20);
  const tolerance = ref(0.1);
  const learnSteps = ref(200);
  const checkEvery = ref(20);
  const perAtom = ref(false);
  const rank = ref<1 | 2 | 3>(2);
  const cutoff = ref(5);

  // what LAMMPS can compute out of the box follows the elements, until it is written by hand
  let written = '';
  watch(
    species,
    (now) => {
      const example = now.length === 1 ? LAMMPS_EXAMPLES[now[0]] : undefined;
      if (example && (written === '' || written === lammps.pairCoefficients)) {
        Object.assign(lammps, example);
        written = example.pairCoefficients;
      }
      espresso.pseudopotentials = Object.fromEntries(
        now.map((symbol) => [symbol, espresso.pseudopotentials[symbol] ?? '']),
      );
    },
    { immediate: true },
  );
  watch(
    () => datasets.byId(datasetId.value ?? -1),
    (dataset) => {
      if (dataset && sourceKind.value === 'dataset') elements.value = dataset.species.join(', ');
    },
  );
  watch(
    () => session.project?.key,
    () => {
      datasetId.value = undefined;
      sourceKind.value = 'lattice';
    },
  );

  const structure = computed<StructureSourceInput | undefined>(() => {
    if (sourceKind.value === 'lattice') return species.value.length > 0 ? lattice.source.value : undefined;
    if (datasetId.value === undefined) return undefined;
    return { kind: 'dataset', datasetId: datasetId.value, position: position.value };
  });
  const suggestedName = computed(() => `${species.value.join('')} learning, ${temperature.value} K`);

  const lines = (text: string) =>
    text
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '');

  function engine() {
    if (program.value === 'lammps') {
      return {
        engine: 'lammps' as const,
        pairStyle: lammps.pairStyle.trim(),
        pairCoefficients: lines(lammps.pairCoefficients),
      };
    }
    if (program.value === 'i-pi') {
      return { engine: 'i-pi' as const, address: { kind: 'tcp' as const, port: port.value } };
    }
    const { k } = espresso;
    return {
      engine: 'espresso' as const,
      cutoff: espresso.cutoff,
      pseudopotentials: { ...espresso.pseudopotentials },
      kPoints: [k, k, k] as [number, number, number],
    };
  }

  /** Starts the run. @returns number of the job */
  async function start(): Promise<number> {
    if (structure.value === undefined) throw new Error('Choose a structure first.');
    const { jobId } = await api.onTheFly.start.mutate({
      name: name.value.trim() || suggestedName.value,
      structure: structure.value,
      engine: engine(),
      settings: {
        ensemble: 'nvt-langevin',
        temperature: temperature.value,
        timestep: timestep.value,
        steps: steps.value,
        seed: seed.value,
        checkpointEvery: Math.max(50, Math.round(steps.value / 20)),
      },
      policy: {
        tolerance: tolerance.value,
        learnSteps: learnSteps.value,
        updateEvery: Math.min(10, learnSteps.value),
        checkEvery: checkEvery.value,
      },
      learner: { mode: perAtom.value ? 'per-atom' : 'shared', rank: rank.value, cutoff: cutoff.value },
      every: every.value,
    });
    await jobs.refresh();
    return jobId;
  }

  return {
    name, suggestedName, elements, species, seed, sourceKind, lattice: lattice.form, datasetId, position, program, lammps,
    espresso, port, temperature, timestep, steps, every, tolerance, learnSteps, checkEvery, perAtom, rank, cutoff,
    structure, start,
  }; // prettier-ignore
});
