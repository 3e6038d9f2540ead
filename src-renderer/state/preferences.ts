/** What the user prefers: theme, units, how dense pages are and how elements look; kept in this browser. */
import { defineStore } from 'pinia';
import { computed, ref, shallowRef, watch } from 'vue';
import { readElementLooks, type ElementLook } from '../viewer/element-look.ts';
import { EV_PER_A3_IN_GPA, EV_PER_A3_IN_KBAR } from '../../src-compute/units.ts';

export type ThemeChoice = 'light' | 'dark' | 'system';
export type EnergyUnit = 'eV' | 'meV';
export type Density = 'comfortable' | 'compact';
export type PressureUnit = 'GPa' | 'kbar';

const KEY = 'forcewright-preferences';

interface Stored {
  theme: ThemeChoice;
  energyUnit: EnergyUnit;
  pressureUnit: PressureUnit;
  density: Density;
  elements: Record<string, ElementLook>;
  hiddenColumns: readonly string[];
}

const texts = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];

function stored(): Stored {
  const defaults: Stored = {
    theme: 'system',
    energyUnit: 'eV',
    pressureUnit: 'GPa',
    density: 'comfortable',
    elements: {},
    hiddenColumns: [],
  };
  try {
    const value: unknown = JSON.parse(localStorage.getItem(KEY) ?? '{}');
    if (typeof value !== 'object' || value === null) return defaults;
    const has = (name: string, values: readonly string[]) =>
      values.includes(String(Reflect.get(value, name)));
    return {
      theme: has('theme', ['light', 'dark']) ? (Reflect.get(value, 'theme') as ThemeChoice) : 'system',
      energyUnit: has('energyUnit', ['meV']) ? 'meV' : 'eV',
      pressureUnit: has('pressureUnit', ['kbar']) ? 'kbar' : 'GPa',
      density: has('density', ['compact']) ? 'compact' : 'comfortable',
      elements: readElementLooks(Reflect.get(value, 'elements')),
      hiddenColumns: texts(Reflect.get(value, 'hiddenColumns')),
    };
  } catch {
    return defaults;
  }
}

export const usePreferences = defineStore('preferences', () => {
  const initial = stored();
  const theme = ref<ThemeChoice>(initial.theme);
  const energyUnit = ref<EnergyUnit>(initial.energyUnit);
  const pressureUnit = ref<PressureUnit>(initial.pressureUnit);
  const density = ref<Density>(initial.density);
  /** Colours and sizes of elements, by symbol. */
  const elements = shallowRef(initial.elements);
  /** Columns of tables of configurations that are not wanted, by key. */
  const hiddenColumns = shallowRef(initial.hiddenColumns);
  const systemDark = ref(window.matchMedia('(prefers-color-scheme: dark)').matches);
  window.matchMedia('(prefers-color-scheme: dark)').addEventListener('change', (event) => {
    systemDark.value = event.matches;
  });
  const dark = computed(() => (theme.value === 'system' ? systemDark.value : theme.value === 'dark'));
  watch([theme, energyUnit, pressureUnit, density, elements, hiddenColumns], () => {
    const value: Stored = {
      theme: theme.value,
      energyUnit: energyUnit.value,
      pressureUnit: pressureUnit.value,
      density: density.value,
      elements: elements.value,
      hiddenColumns: hiddenColumns.value,
    };
    localStorage.setItem(KEY, JSON.stringify(value));
  });

  /** Factor from eV to the chosen unit of energy. */
  const energyFactor = computed(() => (energyUnit.value === 'meV' ? 1000 : 1));
  /** Factor from eV/Å³ to the chosen unit of pressure. */
  const pressureFactor = computed(() =>
    pressureUnit.value === 'kbar' ? EV_PER_A3_IN_KBAR : EV_PER_A3_IN_GPA,
  );

  return {
    theme,
    dark,
    energyUnit,
    pressureUnit,
    density,
    elements,
    hiddenColumns,
    energyFactor,
    pressureFactor,
  };
});
