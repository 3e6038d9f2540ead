/** How Chromium is started for tests of pages: alone, without the network, pages drawn on the processor. */
export const BROWSER_FLAGS: readonly string[] = [
  '--headless',
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // software WebGL for the 3D view
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
  // only the 3D view: pages drawn by the software GPU (Debian's launcher asks for that) take twice the processor time
  '--disable-gpu-compositing',
  '--disable-gpu-rasterization',
];
