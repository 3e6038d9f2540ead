/** The form for a simulation: structure, method, conditions. */
import { defineStore } from 'pinia';
import { computed, ref, shallowRef, watch } from 'vue';
import type { StructureSourceInput } from '../../src-main/api/types.ts';
import { api, handOver } from '../host/connection.ts';
import { useGuardForm } from './guard-form.ts';
import { useJobs } from './jobs.ts';
import { useLatticeForm } from './lattice-form.ts';
import { usePotentials } from './potentials.ts';
import { replicaProblemOf, temperaturesOf } from './replicas.ts';
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

/** Who proposes the trajectories of hybrid Monte Carlo. */
export type Fidelity = 'single' | 'surrogate' | 'respa';
export type CellMotion = 'isotropic' | 'orthorhombic' | 'full';
export type BackendChoice = 'auto' | 'reference' | 'wasm' | 'wasm-f32' | 'webgpu';

export const useSimulationForm = defineStore('simulation-form', () => {
  const session = useSession();
  const potentials = usePotentials();
  const jobs = useJobs();
  const guard = useGuardForm();

  const method = ref<Method>('md');
  const potentialId = ref<number>();
  const name = ref('');
  // structure
  const sourceKind = ref<'lattice' | 'dataset' | 'trajectory' | 'atoms'>('lattice');
  /** Atoms that were read from a file. */
  const atoms = shallowRef<Extract<StructureSourceInput, { kind: 'atoms' }>>();
  /** Counts up when somebody wants the form to be seen: "simulate this". */
  const setUp = ref(0);
  /** Repeats of a dataset's configuration. */
  const repeat = ref<[number, number, number]>([1, 1, 1]);
  const datasetId = ref<number>();
  const position = ref(0);
  const trajectoryId = ref<number>();
  const frame = ref(0);
  // conditions
  const ensemble = ref<EnsembleName>('nvt-langevin');
  const temperature = ref(300);
  const endTemperature = ref<number | null>(null);
  const pressure = ref(0);
  const cellMotion = ref<CellMotion>('isotropic');
  const timestep = ref(1);
  const steps = ref(2000);
  const every = ref(20);
  const seed = ref(1);
  // hybrid Monte Carlo
  /** Steps left out of the means; the first fifth when empty. */
  const equilibration = ref<number | null>(null);
  const trajectories = ref(200);
  const burnIn = ref(50);
  const leapfrogSteps = ref(10);
  const integrator = ref<'verlet' | 'omf2' | 'forcegradient4'>('omf2');
  const constantPressure = ref(false);
  const chains = ref(1);
  const replicas = ref('');
  const swaps = ref(0);
  // who computes
  const cheapPotentialId = ref<number | null>(null);
  const fidelity = ref<Fidelity>('surrogate');
  const innerSteps = ref(4);
  const backend = ref<BackendChoice>('auto');
  /** What is kept with every frame besides positions. */
  const write = ref<('velocities' | 'forces')[]>([]);

  const potential = computed(() => potentials.byId(potentialId.value));
  const lattice = useLatticeForm(
    () => potential.value?.species ?? [],
    () => seed.value,
  );
  const ramp = computed(() => endTemperature.value !== null && endTemperature.value !== temperature.value);

  watch(
    () => potentials.list,
    (list) => {
      if (potential.value === undefined) potentialId.value = list.at(0)?.id;
    },
    { immediate: true },
  );
  watch(
    () => session.project?.key,
    () => {
      potentialId.value = undefined;
      datasetId.value = undefined;
      trajectoryId.value = undefined;
      atoms.value = undefined;
      cheapPotentialId.value = null;
      sourceKind.value = 'lattice';
      name.value = '';
    },
  );

  const wholeRepeat = computed(
    () => repeat.value.map((n) => Math.max(1, Math.round(n || 1))) as [number, number, number],
  );

  /** Takes the first structure of a file. */
  async function takeFile(files: readonly File[]): Promise<void> {
    const file = files.at(0);
    if (file === undefined) return;
    const [grant] = await handOver([file]);
    atoms.value = await api.simulations.readStructure.mutate({ file: grant.key, name: file.name });
    repeat.value = [1, 1, 1];
    sourceKind.value = 'atoms';
  }

  const structure = computed<StructureSourceInput | undefined>(() => {
    if (sourceKind.value === 'dataset') {
      if (datasetId.value === undefined) return undefined;
      const from = { datasetId: datasetId.value, position: position.value };
      return { kind: 'dataset', ...from, repeat: wholeRepeat.value };
    }
    if (sourceKind.value === 'atoms') return atoms.value && { ...atoms.value, repeat: wholeRepeat.value };
    if (sourceKind.value === 'trajectory') {
      if (trajectoryId.value === undefined) return undefined;
      return { kind: 'trajectory', trajectoryId: trajectoryId.value, frame: frame.value };
    }
    return lattice.source.value;
  });
  const suggestedName = computed(() => {
    const what = method.value === 'hmc' ? 'HMC' : ENSEMBLE_WORDS[ensemble.value];
    return `${potential.value?.species.join('') ?? ''} ${what} ${temperature.value} K`.trim();
  });

  /** What is wrong with the temperatures of the copies; '' when nothing is. */
  const replicaProblem = computed(() => (method.value === 'hmc' ? replicaProblemOf(replicas.value) : ''));

  const cheap = computed(() => cheapPotentialId.value ?? undefined);

  function dynamics() {
    return {
      every: every.value,
      equilibration: equilibration.value ?? undefined,
      settings: {
        ensemble: ensemble.value,
        temperature: ramp.value
          ? { start: temperature.value, end: endTemperature.value ?? temperature.value }
          : temperature.value,
        ...(ensemble.value === 'npt' ? { pressure: pressure.value, cellMotion: cellMotion.value } : {}),
        timestep: timestep.value,
        steps: steps.value,
        seed: seed.value,
        ...(cheap.value === undefined ? {} : { innerSteps: innerSteps.value }),
        checkpointEvery: Math.max(100, Math.round(steps.value / 20)),
        keepVelocities: sourceKind.value === 'trajectory',
      },
    };
  }

  function monteCarlo() {
    const temperatures = temperaturesOf(replicas.value);
    return {
      every: Math.max(1, Math.round(trajectories.value / 200)),
      chains: temperatures.length > 0 ? 1 : chains.value,
      // the temperature of the run is one of them, whether it was written down or not
      replicas:
        temperatures.length > 0
          ? [...new Set([temperature.value, ...temperatures])].sort((a, b) => a - b)
          : undefined,
      settings: {
        temperature: temperature.value,
        ...(constantPressure.value
          ? {
              ensemble: 'npt' as const,
              pressure: pressure.value,
              cellMotion: cellMotion.value === 'full' ? ('full' as const) : ('isotropic' as const),
            }
          : {}),
        trajectories: trajectories.value,
        burnIn: burnIn.value,
        leapfrogSteps: leapfrogSteps.value,
        integrator: integrator.value,
        timestep: timestep.value,
        ...(cheap.value === undefined ? {} : { fidelity: fidelity.value, innerSteps: innerSteps.value }),
        swaps: swaps.value,
        seed: seed.value,
        checkpointEvery: 25,
      },
    };
  }

  /** Starts the run. @returns number of the job */
  async function start(): Promise<number> {
    if (potentialId.value === undefined || structure.value === undefined) {
      throw new Error('Choose a potential and a structure first.');
    }
    const common = {
      name: name.value.trim() || suggestedName.value,
      potentialId: potentialId.value,
      structure: structure.value,
      backend: backend.value,
      cheapPotentialId: cheap.value,
    };
    const [md, hmc] = [dynamics(), monteCarlo()];
    const { jobId } =
      method.value === 'md'
        ? await api.simulations.startMd.mutate({
            ...common,
            ...md,
            write: write.value,
            guard: guard.settings(md.every),
          })
        : await api.simulations.startHmc.mutate({ ...common, ...hmc, guard: guard.settings(hmc.every) });
    await jobs.refresh();
    return jobId;
  }

  return {
    method, potentialId, potential, name, suggestedName, sourceKind, lattice: lattice.form, repeat, datasetId, position,
    trajectoryId, frame, ensemble, temperature, endTemperature, pressure, cellMotion, timestep, steps, every, seed,
    equilibration, trajectories, burnIn, leapfrogSteps, integrator, constantPressure, chains, replicas, swaps, cheapPotentialId,
    fidelity, innerSteps, backend, structure, start, atoms, takeFile, setUp, replicaProblem, write,
  }; // prettier-ignore
});
