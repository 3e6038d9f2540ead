/** The structure that a form describes, built by the host a moment after the form stood still. */
import { onScopeDispose, ref, shallowRef, watch, type Ref, type ShallowRef } from 'vue';
import type { StructureSourceInput } from '../../src-main/api/types.ts';
import { errorWords, fetchArrays } from '../host/connection.ts';
import { supercell } from '../../src-compute/structure/lattices.ts';
import { shownStructure, type ShownStructure } from './structure.ts';

/** ms */
const STILL = 200;

export interface StructurePreview {
  readonly preview: ShallowRef<ShownStructure | undefined>;
  /** Why there is none, in a sentence. */
  readonly problem: Ref<string>;
}

/** Atoms that the form holds itself need no host. */
export function builtStructure(source: Extract<StructureSourceInput, { kind: 'atoms' }>): ShownStructure {
  const { symbols, kinds, positions, cell, periodic } = source;
  const read = {
    symbols,
    kinds: Uint16Array.from(kinds),
    positions: Float64Array.from(positions),
    cell: Float64Array.from(cell),
    periodic: [...periodic] as const,
  };
  const structure = supercell(read, source.repeat ?? [1, 1, 1]);
  return {
    structure,
    scalars: [],
    vectors: [],
    energy: NaN,
    forces: undefined,
    facts: [],
    atoms: structure.kinds.length,
  };
}

/** @param source what is to be built; undefined while the form is not complete */
export function useStructurePreview(source: () => StructureSourceInput | undefined): StructurePreview {
  const preview = shallowRef<ShownStructure>();
  const problem = ref('');
  let request: AbortController | undefined;
  let delay: ReturnType<typeof setTimeout> | undefined;

  async function build(wanted: StructureSourceInput, { signal }: AbortController): Promise<void> {
    try {
      const address = `structure?source=${encodeURIComponent(JSON.stringify(wanted))}`;
      const made =
        wanted.kind === 'atoms' ? builtStructure(wanted) : shownStructure(await fetchArrays(address, signal));
      if (signal.aborted) return;
      preview.value = made;
      problem.value = '';
    } catch (error) {
      if (signal.aborted) return;
      preview.value = undefined;
      problem.value = errorWords(error).message;
    }
  }

  // the same wish as before asks for nothing: forms make their source anew whenever anything of the project changes
  watch(
    () => JSON.stringify(source()),
    () => {
      const wanted = source();
      clearTimeout(delay);
      request?.abort();
      if (wanted === undefined) {
        preview.value = undefined;
        return;
      }
      const controller = (request = new AbortController());
      delay = setTimeout(() => void build(wanted, controller), STILL);
    },
    { immediate: true },
  );
  onScopeDispose(() => {
    clearTimeout(delay);
    request?.abort();
  });
  return { preview, problem };
}
