/** Names of the viewer's scenes; kept apart so that the list needs no Babylon.js. */
export const VIEWER_SCENES: readonly string[] = [
  'viewer-silicon',
  'viewer-force-error',
  'viewer-alloy',
  'viewer-perovskite',
  'viewer-vectors',
  'viewer-metal',
  'viewer-trajectory',
  'viewer-large-trajectory',
  'viewer-images',
  'viewer-100k',
  'viewer-100k-trajectory',
  'viewer-million',
];
