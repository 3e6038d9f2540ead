import { defineConfig } from 'electron-vite';
import { resolve } from 'node:path';

const here = (path: string) => resolve(import.meta.dirname, path);

/**
 * Everything that is built, by where it runs:
 * main: Node programs (command line, worker threads; Electron main and web host join them), ES modules in out/main.
 */
export default defineConfig({
  main: {
    build: {
      target: 'node24',
      minify: false,
      sourcemap: true,
      externalizeDeps: true,
      rollupOptions: {
        input: {
          cli: here('src-main/hosts/cli/main.ts'),
        },
        output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
      },
    },
  },
});
