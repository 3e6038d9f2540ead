/**
 * The 3D viewer. Load it on demand, it brings Babylon.js with it:
 *
 *   const StructureViewer = defineAsyncComponent(async () => (await import('../viewer/index.ts')).StructureViewer);
 */
export { default as StructureViewer } from './StructureViewer.vue';
export { VIEWER_KEYS } from './keyboard.ts';
export { covalentRadius, elementColor, elementHex } from './element-style.ts';
export { COLORMAP_NAMES, colormapHex, colormapTitle } from './colormaps.ts';
export type * from './types.ts';
export type { Measurement } from './measurements.ts';
export type { Representation, SliceChoice, ViewOptions } from './view-options.ts';
