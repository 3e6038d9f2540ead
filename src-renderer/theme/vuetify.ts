/** Vuetify with the program's own two themes: paper and ink by day, slate by night, one ember accent. */
import { createVuetify } from 'vuetify';
import { aliases, mdi } from 'vuetify/iconsets/mdi-svg';

const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? '';

const light = {
  dark: false,
  colors: {
    background: '#f6f6f3',
    surface: '#ffffff',
    'surface-bright': '#ffffff',
    'surface-light': '#f0f0ec',
    'surface-variant': '#3c4650',
    'on-surface-variant': '#f3f1ec',
    primary: '#24527a',
    'on-primary': '#ffffff',
    secondary: '#a8480f',
    'on-secondary': '#ffffff',
    error: '#b3261e',
    info: '#24527a',
    success: '#2c6a3f',
    warning: '#8a5a00',
    'on-warning': '#ffffff',
    'on-background': '#20262c',
    'on-surface': '#20262c',
  },
  variables: {
    'border-color': '#20262c',
    'border-opacity': 0.13,
    'high-emphasis-opacity': 1,
    'medium-emphasis-opacity': 0.74,
    'disabled-opacity': 0.5,
  },
};

const dark = {
  dark: true,
  colors: {
    background: '#14171a',
    surface: '#1c2024',
    'surface-bright': '#2a2f35',
    'surface-light': '#252a2f',
    'surface-variant': '#c8ced4',
    'on-surface-variant': '#1c2024',
    primary: '#9cc3e6',
    'on-primary': '#0f2233',
    secondary: '#f0a06b',
    'on-secondary': '#2b1405',
    error: '#f2a8a0',
    'on-error': '#3a0b07',
    info: '#9cc3e6',
    success: '#8fd0a3',
    'on-success': '#0c2414',
    warning: '#e8c26a',
    'on-warning': '#2b2005',
    'on-background': '#e6e4df',
    'on-surface': '#e6e4df',
  },
  variables: {
    'border-color': '#e6e4df',
    'border-opacity': 0.15,
    'high-emphasis-opacity': 1,
    'medium-emphasis-opacity': 0.76,
    'disabled-opacity': 0.5,
  },
};

export const vuetify = createVuetify({
  icons: { defaultSet: 'mdi', aliases, sets: { mdi } },
  theme: { defaultTheme: 'light', cspNonce: nonce, themes: { light, dark } },
  defaults: {
    VBtnToggle: { color: 'primary' },
    VBtn: { rounded: 'lg', variant: 'flat', height: 36 },
    VTextField: { variant: 'outlined', density: 'compact', hideDetails: 'auto', color: 'primary' },
    VNumberInput: {
      variant: 'outlined',
      density: 'compact',
      hideDetails: 'auto',
      controlVariant: 'hidden',
      color: 'primary',
    },
    VTextarea: { variant: 'outlined', density: 'compact', hideDetails: 'auto', color: 'primary' },
    VSelect: { variant: 'outlined', density: 'compact', hideDetails: 'auto', color: 'primary' },
    VCombobox: { variant: 'outlined', density: 'compact', hideDetails: 'auto', color: 'primary' },
    VSwitch: { density: 'compact', hideDetails: 'auto', color: 'primary', inset: true },
    VCheckbox: { density: 'compact', hideDetails: 'auto', color: 'primary' },
    VCard: { rounded: 'lg', flat: true, border: true },
    VTooltip: { openDelay: 350, maxWidth: 360 },
    VMenu: { offset: 6 },
    VList: { density: 'compact' },
    VChip: { size: 'small', rounded: 'md' },
  },
});
