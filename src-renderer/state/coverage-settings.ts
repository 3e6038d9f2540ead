/** How environments are described and compared: the folded form of the coverage page, the same for all of its parts. */
import { defineStore } from 'pinia';
import { computed, ref } from 'vue';
import { TENSOR_DEFAULTS } from '../../src-compute/analysis/descriptors/tensor-regression.ts';
import type { CoverageSettings } from '../../src-main/api/types.ts';

export const DESCRIPTORS = [
  { value: 'auto', title: 'QUESTS, elements apart' },
  { value: 'quests', title: 'QUESTS as published (blind to elements)' },
  { value: 'mtp', title: 'Moment tensors' },
  { value: 'tensor', title: 'Tensor regression' },
] as const;
export type DescriptorChoice = (typeof DESCRIPTORS)[number]['value'];

export const BANDWIDTH_RULES = [
  { value: 'default', title: 'Recommended' },
  { value: 'median', title: 'Median distance' },
  { value: 'coverage', title: 'Covers the reference' },
  { value: 'volume', title: 'From the volume per atom' },
  { value: 'given', title: 'Given' },
] as const;
export type BandwidthRule = (typeof BANDWIDTH_RULES)[number]['value'];

export const useCoverageSettings = defineStore('coverage-settings', () => {
  const descriptor = ref<DescriptorChoice>('auto');
  const level = ref(16);
  const cutoff = ref(5);
  const neighbours = ref(32);
  const radial = ref(TENSOR_DEFAULTS.radial);
  const angular = ref(TENSOR_DEFAULTS.angular);
  const rule = ref<BandwidthRule>('default');
  const bandwidth = ref(0.015);

  /** The descriptor as the host knows it, and its size in words. */
  const recipe = computed(() => {
    if (descriptor.value === 'mtp') return { text: `mtp:${level.value}`, size: `level ${level.value}` };
    if (descriptor.value === 'tensor') {
      const sizes = `${radial.value} radial, ${angular.value} angular`;
      return { text: `tensor:${radial.value},${angular.value}`, size: sizes };
    }
    return { text: descriptor.value, size: `${neighbours.value} neighbours` };
  });
  const settings = computed<Required<CoverageSettings>>(() => ({
    descriptor: recipe.value.text,
    cutoff: cutoff.value,
    neighbours: neighbours.value,
    bandwidth: rule.value === 'given' ? bandwidth.value : rule.value,
  }));
  /** Whether the descriptor was chosen rather than left as it is. */
  const chosen = computed(() => descriptor.value !== 'auto' || cutoff.value !== 5 || neighbours.value !== 32);
  /** For the folded form: what it holds. */
  const summary = computed(() => {
    const width = rule.value === 'given' ? String(bandwidth.value) : ruleWords[rule.value];
    return `${title(descriptor.value)}, ${recipe.value.size} within ${cutoff.value} Å, bandwidth ${width}`;
  });
  return {
    descriptor,
    level,
    radial,
    angular,
    cutoff,
    neighbours,
    rule,
    bandwidth,
    settings,
    chosen,
    summary,
  };
});

const ruleWords: Record<Exclude<BandwidthRule, 'given'>, string> = {
  default: 'as recommended',
  median: 'by the median rule',
  coverage: 'by the coverage rule',
  volume: 'from the volume per atom',
};
const title = (choice: DescriptorChoice) =>
  DESCRIPTORS.find(({ value }) => value === choice)?.title ?? choice;
