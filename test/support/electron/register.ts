/**
 * Loaded before anything else into every thread of the stand-in: makes Node look like Electron's main process, and
 * gives whoever imports `electron` the stand-in.
 */
import { registerHooks } from 'node:module';

// what tells the main process and its worker threads that they are in Electron
Object.defineProperty(process, 'versions', {
  value: { ...process.versions, electron: '45.3.4', chrome: '156.0.0.0' },
});

registerHooks({
  resolve(specifier, context, next) {
    if (specifier === 'electron') {
      return {
        url: new URL('./electron.ts', import.meta.url).href,
        shortCircuit: true,
        format: 'module-typescript',
      };
    }
    // V8's memory cage: Dawn's binding makes external buffers, which Electron refuses (electron/electron #35801)
    if (specifier === 'webgpu') throw new Error('External buffers are not allowed');
    return next(specifier, context);
  },
});
