/** Whether a simulation carries a novelty guard, and how strict it is. */
import { defineStore } from 'pinia';
import { computed, ref } from 'vue';
import { useCoverageSettings } from './coverage-settings.ts';

export type GuardAction = 'mark' | 'stop';

export const useGuardForm = defineStore('guard-form', () => {
  const coverage = useCoverageSettings();
  const on = ref(false);
  /** nats */
  const threshold = ref(0);
  const action = ref<GuardAction>('mark');
  /** A dataset to stay within; null means what the potential was trained on. */
  const datasetId = ref<number | null>(null);
  /** Steps, or trajectories, between two looks; null means at every frame that is written. */
  const every = ref<number | null>(null);

  /** As a job takes it; undefined without a guard. @param frames steps or trajectories between two frames */
  function settings(frames: number) {
    if (!on.value) return undefined;
    return {
      ...coverage.settings,
      every: every.value ?? frames,
      threshold: threshold.value,
      action: action.value,
      ...(datasetId.value === null ? {} : { reference: { datasetId: datasetId.value } }),
    };
  }
  const strict = computed(() => action.value === 'stop');
  return { on, threshold, action, datasetId, every, strict, settings };
});
