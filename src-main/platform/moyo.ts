/** The library moyo (the spglib project): its WebAssembly is loaded when it is first needed. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { initSync } from '@spglib/moyo-wasm';

let loaded = false;

/** Call before any function of the library. */
export function loadMoyo(): void {
  if (loaded) return;
  initSync({
    module: readFileSync(createRequire(import.meta.url).resolve('@spglib/moyo-wasm/moyo_wasm_bg.wasm')),
  });
  loaded = true;
}
