import { defineConfig } from 'electron-vite';
import { resolve } from 'node:path';
import vue from '@vitejs/plugin-vue';
import vuetify from 'vite-plugin-vuetify';

const here = (path: string) => resolve(import.meta.dirname, path);

/**
 * Everything that is built, by where it runs:
 * main: Node programs (command line, web host, Electron's main process, worker threads), ES modules in out/main;
 * preload: the sandboxed bridge, one CommonJS file in out/preload;
 * renderer: the window, in out/renderer, served by Electron's protocol handler and by the web host alike.
 */
export default defineConfig({
  main: {
    build: {
      target: 'node24',
      minify: false,
      sourcemap: true,
      // imported from its package, drizzle-orm reads the dialects of all databases: 100 MB and half a second at every start
      externalizeDeps: { exclude: ['drizzle-orm', 'zod'] },
      rollupOptions: {
        input: {
          cli: here('src-main/hosts/cli/main.ts'),
          'job-worker': here('src-main/services/job-worker.ts'),
          'background-worker': here('src-main/services/background-worker.ts'),
          'engine-worker': here('src-main/services/engine-worker.ts'),
          'fit-worker': here('src-main/services/fit/fit-worker.ts'),
          'descriptor-worker': here('src-main/services/entropy/descriptor-worker.ts'),
          electron: here('src-main/hosts/electron/main.ts'),
        },
        output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
      },
    },
  },
  preload: {
    build: {
      minify: false,
      // a sandboxed preload can require nothing but electron: everything else goes into the one file
      externalizeDeps: false,
      rollupOptions: {
        input: { preload: here('src-main/hosts/electron/preload.ts') },
        external: ['electron'],
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
  renderer: {
    root: here('src-renderer'),
    plugins: [vue(), vuetify({ autoImport: true })],
    worker: { format: 'es' },
    build: {
      target: 'chrome140',
      outDir: here('out/renderer'),
      // inlined files would be data: addresses, which the content security policy does not allow as scripts
      assetsInlineLimit: 0,
      sourcemap: false,
      modulePreload: { polyfill: false },
      chunkSizeWarningLimit: 1500,
      rollupOptions: {
        input: { index: here('src-renderer/index.html') },
      },
    },
  },
});
