/** The form for a new fit: what is chosen, what it will take, its start. */
import { defineStore } from 'pinia';
import { computed, ref, watch } from 'vue';
import type { FitEstimate, FitRequest } from '../../src-main/api/types.ts';
import type { TrialPoint } from '../../src-compute/fitting/auto/choice.ts';
import { api } from '../host/connection.ts';
import { useDatasets } from './datasets.ts';
import { useJobs } from './jobs.ts';
import { useSession } from './session.ts';

/** The request without fields that were emptied: they take their defaults. */
function filled(request: FitRequest): FitRequest {
  return JSON.parse(
    JSON.stringify(request, (_key, value: unknown) => (value === null ? undefined : value)),
  ) as FitRequest;
}

export const useFitForm = defineStore('fit-form', () => {
  const session = useSession();
  const datasets = useDatasets();
  const jobs = useJobs();
  const datasetId = ref<number>();
  const name = ref('');
  const startFromId = ref<number | null>(null);
  const request = ref<FitRequest>();
  /** The form is to be sent as soon as it is filled in: the third click of “click a point, exclude, refit”. */
  const startNext = ref(false);
  const estimate = ref<FitEstimate>();
  /** Whether settings can be searched: not for one head per atom, and not when another potential sets them. */
  const searchable = computed(() => {
    const now = request.value;
    return now?.model === 'tensor' ? !now.tensor.perAtom : startFromId.value === null;
  });
  const dataset = computed(() => datasets.byId(datasetId.value ?? -1));
  const suggestedName = computed(() => {
    const base = dataset.value?.name ?? 'Potential';
    const now = request.value;
    if (now === undefined) return base;
    if (now.model === 'mtp') return `${base} MTP ${now.level}`;
    const { rank, bondDimension, perAtom } = now.tensor;
    const kind = bondDimension === undefined ? 'tensor' : 'tensor train';
    return `${base} ${kind} rank ${rank}${perAtom ? ' per atom' : ''}`;
  });

  async function prepare(): Promise<void> {
    request.value ??= await api.fits.defaults.query();
    if (dataset.value === undefined) datasetId.value = datasets.list.at(-1)?.id;
  }
  watch(
    () => [session.project?.key],
    () => {
      request.value = undefined;
      estimate.value = undefined;
      datasetId.value = undefined;
      startFromId.value = null;
      name.value = '';
    },
  );

  let asked = 0;
  watch(
    [datasetId, request, searchable, () => session.revision],
    async () => {
      const mine = ++asked;
      if (datasetId.value === undefined || request.value === undefined) return;
      // while a number is being typed it may be none that is allowed
      const found = await api.fits.estimate
        .query({ datasetId: datasetId.value, request: wanted(request.value) })
        .catch(() => undefined);
      if (mine === asked) estimate.value = found;
    },
    { deep: true },
  );

  /** The request as it is sent. */
  function wanted(now: FitRequest): FitRequest {
    const request = filled(now);
    return searchable.value ? request : { ...request, auto: undefined };
  }

  /** @returns number of the job */
  async function start(): Promise<number> {
    if (datasetId.value === undefined) throw new Error('Choose a dataset first.');
    const { jobId } = await api.fits.start.mutate({
      datasetId: datasetId.value,
      name: name.value.trim() || undefined,
      // another form starts from its data
      startFromId: request.value?.model === 'mtp' ? (startFromId.value ?? undefined) : undefined,
      request: request.value && wanted(request.value),
    });
    await jobs.refresh();
    return jobId;
  }

  /** Takes over the settings of an earlier fit. */
  async function takeOver(potentialId: number): Promise<void> {
    const settings = await api.fits.settingsOf.query({ potentialId });
    datasetId.value = settings.datasetId;
    request.value = settings.request;
    // a name that followed the settings goes on doing so
    const taken = settings.name.replace(/ \(\d+\)$/, '');
    name.value = taken === suggestedName.value ? '' : taken;
    const { model, linear } = settings.request;
    startFromId.value = linear || model !== 'mtp' ? null : potentialId;
  }

  /** Settings of a trial of a search, to be fitted as they are. */
  function takePoint(point: TrialPoint): void {
    const now = request.value;
    if (now === undefined) return;
    const { cutoff, forceWeight, level, radialSize, angularSize, angularRadial } = point;
    now.auto = undefined;
    now.cutoff = cutoff;
    now.weights.force = forceWeight;
    now.model = level === undefined ? 'tensor' : 'mtp';
    if (level !== undefined) now.level = level;
    else Object.assign(now.tensor, { radialSize, angularSize, angularRadial });
  }

  return {
    takePoint,
    datasetId,
    dataset,
    name,
    suggestedName,
    startFromId,
    startNext,
    searchable,
    request,
    estimate,
    prepare,
    start,
    takeOver,
  };
});
