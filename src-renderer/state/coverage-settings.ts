/** How environments are described and compared: the folded form of the coverage page, the same for all of its parts. */
import { defineStore } from 'pinia';
import { computed, ref } from 'vue';
import type { CoverageSettings } from '../../src-main/api/types.ts';

export const DESCRIPTORS = [
  { value: 'quests', title: 'QUESTS environments' },
  { value: 'mtp', title: 'Moment tensor scalars' },
] as const;
export type DescriptorChoice = (typeof DESCRIPTORS)[number]['value'];

export const BANDWIDTH_RULES = [
  { value: 'default', title: 'Recommended' },
  { value: 'median', title: 'Median distance' },
  { value: 'volume', title: 'From the volume per atom' },
  { value: 'given', title: 'Given' },
] as const;
export type BandwidthRule = (typeof BANDWIDTH_RULES)[number]['value'];

export const useCoverageSettings = defineStore('coverage-settings', () => {
  const descriptor = ref<DescriptorChoice>('quests');
  const level = ref(16);
  const cutoff = ref(5);
  const neighbours = ref(32);
  const rule = ref<BandwidthRule>('default');
  const bandwidth = ref(0.015);

  const settings = computed<Required<CoverageSettings>>(() => ({
    descriptor: descriptor.value === 'quests' ? 'quests' : `${descriptor.value}:${level.value}`,
    cutoff: cutoff.value,
    neighbours: neighbours.value,
    bandwidth: rule.value === 'given' ? bandwidth.value : rule.value,
  }));
  /** For the folded form: what it holds. */
  const summary = computed(() => {
    const shape = descriptor.value === 'quests' ? `${neighbours.value} neighbours` : `level ${level.value}`;
    const width = rule.value === 'given' ? String(bandwidth.value) : ruleWords[rule.value];
    return `${title(descriptor.value)}, ${shape} within ${cutoff.value} Å, bandwidth ${width}`;
  });
  return { descriptor, level, cutoff, neighbours, rule, bandwidth, settings, summary };
});

const ruleWords: Record<Exclude<BandwidthRule, 'given'>, string> = {
  default: 'as recommended',
  median: 'by the median rule',
  volume: 'from the volume per atom',
};
const title = (choice: DescriptorChoice) =>
  DESCRIPTORS.find(({ value }) => value === choice)?.title ?? choice;
