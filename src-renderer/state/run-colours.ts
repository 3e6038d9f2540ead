/** What the atoms of a run can be coloured by, and the numbers of every frame for the colour that was chosen. */
import { computed, onBeforeUnmount, ref, shallowRef, watch } from 'vue';
import type { Configuration } from '../../src-compute/structure/configuration.ts';
import { LocalStructure } from '../local-structure/local-structure.ts';
import { isLocalMeasure, localScalars, needsDistance } from '../local-structure/measures.ts';
import type { ViewerFrame, ViewerScalar, ViewerVectors } from '../viewer/types.ts';
import { CLEARLY_NEW, noveltyScalar } from './frame-novelty.ts';
import { useNotices } from './notices.ts';
import type { TrajectoryAccess, TrajectoryFrameArrays } from './trajectory.ts';

/** @param trajectory the run that is shown, once its first frame was read */
export function useRunColours(trajectory: () => TrajectoryAccess | undefined) {
  const notices = useNotices();
  const worker = new LocalStructure();
  onBeforeUnmount(() => worker.dispose());
  const key = ref<string | null>(null);
  /** Neighbours are counted within this distance, Å; the first shell of the first frame until another is chosen. */
  const within = ref<number>();
  const base = shallowRef<readonly ViewerScalar[]>([]);

  /** Vectors that the run kept. */
  const vectors = computed<readonly ViewerVectors[]>(() => {
    const first = trajectory()?.first;
    const list: ViewerVectors[] = [];
    if (first?.forces) list.push({ key: 'force', label: 'Forces', unit: 'eV/Å', values: first.forces });
    if (first?.velocities)
      list.push({ key: 'velocity', label: 'Velocities', unit: 'Å/fs', values: first.velocities });
    return list;
  });

  function atomsOf(run: TrajectoryAccess, { positions, cell }: TrajectoryFrameArrays): Configuration {
    const { symbols, kinds, periodic } = run.structure;
    return { symbols, kinds, periodic, positions: Float64Array.from(positions), cell };
  }

  watch(
    trajectory,
    (run, before) => {
      if (!run || run.id === before?.id) return;
      within.value = undefined;
      const { atomEnergies, novelty } = run.first;
      base.value = [
        ...(atomEnergies
          ? [
              {
                key: 'energy',
                label: 'Atomic energy',
                unit: 'eV',
                values: atomEnergies,
                colormap: 'tide' as const,
              },
            ]
          : []),
        ...(novelty ? [noveltyScalar(novelty, [0, CLEARLY_NEW])] : []),
        ...localScalars(run.structure.kinds.length),
      ];
    },
    { immediate: true },
  );
  const countsNeighbours = computed(() => needsDistance(key.value));
  watch(countsNeighbours, async (needed) => {
    const run = trajectory();
    if (!needed || within.value !== undefined || !run) return;
    const distance = await notices.attempt(() => worker.firstShell(atomsOf(run, run.first)));
    if (run === trajectory() && distance !== undefined) within.value ??= Math.round(100 * distance) / 100;
  });
  // another distance: the frames are coloured anew, which a new list tells the viewer
  const scalars = computed(() => (within.value === undefined ? base.value : [...base.value]));

  /** A frame with the numbers of a colour. */
  async function frame(
    run: TrajectoryAccess,
    index: number,
    colorKey: string | null,
    vectorKey = '',
  ): Promise<ViewerFrame> {
    const arrays = await run.frame(index);
    const { positions, cell } = arrays;
    const kept = vectorKey === 'force' ? arrays.forces : arrays.velocities;
    const vectors = vectorKey === 'force' || vectorKey === 'velocity' ? kept : undefined;
    return { positions, cell, vectors, scalar: await numbers(run, arrays, colorKey) };
  }

  async function numbers(run: TrajectoryAccess, arrays: TrajectoryFrameArrays, colorKey: string | null) {
    if (colorKey === 'energy') return arrays.atomEnergies;
    if (colorKey === 'novelty') return arrays.novelty;
    if (colorKey === null || !isLocalMeasure(colorKey)) return undefined;
    const atoms = atomsOf(run, arrays);
    const distance = within.value ?? (needsDistance(colorKey) ? await worker.firstShell(atoms) : 0);
    return worker.measure(colorKey, atoms, distance);
  }

  return { key, within, countsNeighbours, scalars, vectors, frame };
}
