/** Serves or builds the gallery: `node node_modules/vite/bin/vite.js --config test/e2e/gallery/vite.config.ts`. */
import vue from '@vitejs/plugin-vue';
import { resolve } from 'node:path';
import { defineConfig } from 'vite';

const root = resolve(import.meta.dirname);
const repository = resolve(root, '../../..');

/** As strict as the product's, so that a component that needs more fails here. */
const policy = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "media-src 'self' blob:",
  "connect-src 'self'",
  "worker-src 'self'",
].join('; ');

export default defineConfig({
  root,
  plugins: [vue()],
  worker: { format: 'es' },
  server: { fs: { allow: [repository] } },
  preview: { headers: { 'Content-Security-Policy': policy } },
  build: {
    target: 'chrome140',
    outDir: resolve(repository, 'test-output/gallery'),
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1500,
  },
});
