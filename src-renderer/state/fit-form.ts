/** The form for a new fit: what is chosen, what it will take, its start. */
import { defineStore } from 'pinia';
import { computed, ref, toRaw, watch } from 'vue';
import type { FitEstimate, FitFormView, FitRequest } from '../../src-main/api/types.ts';
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
  /** Further datasets to learn from. */
  const alsoIds = ref<number[]>([]);
  /** A dataset to test on as a whole; what is held back when null. */
  const testId = ref<number | null>(null);
  const name = ref('');
  const startFromId = ref<number | null>(null);
  /** The forms that can be fitted, and what was chosen for each. */
  const forms = ref<FitFormView[]>([]);
  const request = ref<FitRequest>();
  const kept = new Map<FitRequest['form'], FitRequest>();
  const current = computed(() => forms.value.find(({ form }) => form === request.value?.form));
  const isSearched = computed(() => {
    const now = request.value;
    return now !== undefined && 'auto' in now && now.auto !== undefined;
  });
  /** The form is to be sent as soon as it is filled in: the third click of “click a point, exclude, refit”. */
  const startNext = ref(false);
  const estimate = ref<FitEstimate>();
  /** Whether settings can be searched: not for one head per atom, and not when another potential sets them. */
  const searchable = computed(() => {
    const now = request.value;
    if (now === undefined || !current.value?.searchable) return false;
    return now.form === 'tensor-regression' ? !now.perAtom : startFromId.value === null;
  });
  const dataset = computed(() => datasets.byId(datasetId.value ?? -1));
  /** All datasets to learn from. */
  const used = computed(() =>
    datasets.list.filter(({ id }) => id === datasetId.value || alsoIds.value.includes(id)),
  );
  /** Datasets that others than the first would be chosen from. */
  const others = computed(() => datasets.list.filter(({ id }) => id !== datasetId.value));
  const further = computed(() => used.value.flatMap(({ id }) => (id === datasetId.value ? [] : [id])));
  const suggestedName = computed(() => {
    const base = dataset.value?.name ?? 'Potential';
    return estimate.value === undefined ? base : `${base} ${estimate.value.name}`;
  });

  async function prepare(): Promise<void> {
    if (forms.value.length === 0) forms.value = await api.fits.forms.query();
    request.value ??= structuredClone(toRaw(forms.value[0]?.defaults));
    if (dataset.value === undefined) datasetId.value = datasets.list.at(-1)?.id;
  }
  /** Changes one setting. */
  function set(name: string, value: unknown): void {
    if (request.value) request.value = { ...request.value, [name]: value };
  }

  /** Goes over to another form; settings that every form has stay as they are. */
  function choose(form: FitRequest['form']): void {
    const now = request.value;
    const next = forms.value.find((view) => view.form === form);
    if (now === undefined || next === undefined || now.form === form) return;
    kept.set(now.form, now);
    const shared = Object.entries(now).filter(
      ([name]) => name === 'weights' || (name === 'auto' && next.searchable) || isShared(name),
    );
    request.value = {
      ...structuredClone(toRaw(kept.get(form) ?? next.defaults)),
      ...Object.fromEntries(shared),
    };
  }
  const isShared = (name: string) =>
    forms.value.every(({ settings }) => settings.some((setting) => setting.name === name));

  watch([() => session.project?.key], () => {
    request.value = undefined;
    kept.clear();
    estimate.value = undefined;
    datasetId.value = undefined;
    alsoIds.value = [];
    testId.value = null;
    startFromId.value = null;
    name.value = '';
  });
  // what was removed, or became the first, is no further one
  watch(others, (list) => {
    const known = new Set(list.map(({ id }) => id));
    alsoIds.value = alsoIds.value.filter((id) => known.has(id));
    if (testId.value !== null && datasets.byId(testId.value) === undefined) testId.value = null;
  });

  let asked = 0;
  watch(
    [datasetId, further, request, searchable, () => session.revision],
    async () => {
      const mine = ++asked;
      if (datasetId.value === undefined || request.value === undefined) return;
      // while a number is being typed it may be none that is allowed
      const found = await api.fits.estimate
        .query({
          datasetId: datasetId.value,
          datasetIds: further.value,
          request: wanted(request.value),
        })
        .catch(() => undefined);
      if (mine === asked) estimate.value = found;
    },
    { deep: true },
  );

  /** The request as it is sent. */
  function wanted(now: FitRequest): FitRequest {
    const request = filled(now);
    return searchable.value || !('auto' in request) ? request : { ...request, auto: undefined };
  }

  /** @returns number of the job */
  async function start(): Promise<number> {
    if (datasetId.value === undefined) throw new Error('Choose a dataset first.');
    const { jobId } = await api.fits.start.mutate({
      datasetId: datasetId.value,
      datasetIds: further.value.length > 0 ? further.value : undefined,
      testDatasetId: testId.value ?? undefined,
      name: name.value.trim() || undefined,
      // another form starts from its data
      startFromId: request.value?.form === 'moment-tensor' ? (startFromId.value ?? undefined) : undefined,
      request: request.value && wanted(request.value),
    });
    await jobs.refresh();
    return jobId;
  }

  /** Takes over the settings of an earlier fit. */
  async function takeOver(potentialId: number): Promise<void> {
    const settings = await api.fits.settingsOf.query({ potentialId });
    datasetId.value = settings.datasetId;
    alsoIds.value = settings.datasetIds;
    testId.value = settings.testDatasetId;
    request.value = settings.request;
    // a name that followed the settings goes on doing so
    const taken = settings.name.replace(/ \(\d+\)$/, '');
    name.value = taken === settings.suggested ? '' : taken;
    const { request: fitted } = settings;
    startFromId.value = fitted.form === 'moment-tensor' && !fitted.linear ? potentialId : null;
  }

  /** Settings of a trial of a search, to be fitted as they are. */
  function takePoint(point: TrialPoint): void {
    const now = request.value;
    if (now === undefined) return;
    const { cutoff, forceWeight, level, radialSize, angularSize, angularRadial } = point;
    choose(level === undefined ? 'tensor-regression' : 'moment-tensor');
    const taken = { auto: undefined, cutoff, weights: { ...now.weights, force: forceWeight } };
    const sizes = level === undefined ? { radialSize, angularSize, angularRadial } : { level };
    request.value = { ...(request.value ?? now), ...taken, ...sizes };
  }

  return {
    takePoint,
    forms,
    current,
    isSearched,
    set,
    choose,
    datasetId,
    dataset,
    alsoIds,
    testId,
    used,
    others,
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
