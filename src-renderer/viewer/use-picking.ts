/** What pointers do to a view: turning, selecting, measuring, and the name of the atom under the pointer. */
import { ref, shallowRef, type Ref, type ShallowRef } from 'vue';
import { shortNumber } from '../charts/numbers.ts';
import { measurementOverlay, type PictureSize } from './overlay.ts';
import type { Measurement } from './measurements.ts';
import type { PixelRectangle } from './picking.ts';
import type { listenToPointer, PointerMode } from './pointer.ts';
import type { StructureView } from './structure-view.ts';

/** Largest number of drawn atoms among which the pointer looks for one at every move. */
const HOVER_ATOMS = 200_000;

export interface PickingChoices {
  view(): StructureView | undefined;
  size(): PictureSize;
  /** Colour of measured lines. */
  measureColor(): string;
  /** Called first at every click. */
  clicked(): void;
  selected(atoms: Uint32Array): void;
  measured(measurement: Measurement): void;
  /** Measured points changed: overlays are to be drawn again. */
  changed(): void;
}

export interface Picking {
  readonly mode: Ref<PointerMode>;
  /** The rectangle that is being drawn. */
  readonly box: ShallowRef<PixelRectangle | undefined>;
  /** What is written beside the pointer. */
  readonly tip: ShallowRef<{ x: number; y: number; text: string } | undefined>;
  readonly actions: Parameters<typeof listenToPointer>[1];
  chooseMode(mode: PointerMode): void;
  select(atoms: Uint32Array): void;
  /** Takes back measured points and selection. @returns whether there were any */
  clear(): boolean;
  /** Forgets measured points: another structure is shown. */
  forget(): void;
  /** Lines and labels of what is measured. */
  overlay(size: PictureSize): ReturnType<typeof measurementOverlay>;
}

function union(a: Uint32Array, b: Uint32Array): Uint32Array {
  return Uint32Array.from(new Set([...a, ...b])).sort();
}

/** Pointer state of a viewer. */
export function usePicking(choices: PickingChoices): Picking {
  const mode = ref<PointerMode>('rotate');
  const box = shallowRef<PixelRectangle>();
  const tip = shallowRef<{ x: number; y: number; text: string }>();
  let measured: number[] = [];
  let hoverRequested = 0;

  function select(atoms: Uint32Array): void {
    choices.view()?.setSelection(atoms);
    choices.selected(atoms);
  }

  function overlay(size: PictureSize): ReturnType<typeof measurementOverlay> {
    const view = choices.view();
    if (!view) return { lines: [], labels: [], measurement: undefined };
    const points = measured.map((instance) => view.instancePosition(instance));
    return measurementOverlay(points, view.scene.camera, size, choices.measureColor());
  }

  function measure(instance: number): void {
    if (instance < 0 || measured.length === 4) measured = [];
    if (instance >= 0 && !measured.includes(instance)) measured.push(instance);
    choices.changed();
    const { measurement } = overlay(choices.size());
    if (measurement) choices.measured(measurement);
  }

  function click(x: number, y: number, additive: boolean): void {
    choices.clicked();
    const view = choices.view();
    if (!view) return;
    const instance = view.pick(x, y);
    if (mode.value === 'measure') return measure(instance);
    if (instance < 0) {
      if (!additive) select(new Uint32Array(0));
      return;
    }
    const atom = instance % view.atomCount;
    if (!additive) select(Uint32Array.of(atom));
    else if (view.selection.includes(atom)) select(view.selection.filter((other) => other !== atom));
    else select(union(view.selection, Uint32Array.of(atom)));
  }

  function name(view: StructureView, x: number, y: number): void {
    const instance = view.pick(x, y);
    if (instance < 0) {
      tip.value = undefined;
      return;
    }
    const value = view.scalarAt(instance % view.atomCount);
    const written = value === undefined || !view.scale ? '' : ` · ${shortNumber(value)} ${view.scale.unit}`;
    tip.value = { x, y, text: view.instanceName(instance) + written };
  }

  function hover(x: number, y: number): void {
    const view = choices.view();
    if (!view || view.atoms.length / 4 > HOVER_ATOMS) return;
    cancelAnimationFrame(hoverRequested);
    hoverRequested = requestAnimationFrame(() => {
      // the viewer may have gone meanwhile
      if (choices.view() === view) name(view, x, y);
    });
  }

  function clear(): boolean {
    const view = choices.view();
    if (!view || (view.selection.length === 0 && measured.length === 0)) return false;
    measured = [];
    select(new Uint32Array(0));
    choices.changed();
    return true;
  }

  return {
    mode,
    box,
    tip,
    select,
    clear,
    overlay,
    forget: () => (measured = []),
    chooseMode(next) {
      mode.value = next;
      if (next === 'measure') return;
      measured = [];
      choices.changed();
    },
    actions: {
      mode: () => mode.value,
      rotate: (dx, dy) => choices.view()?.rotate(dx, dy),
      pan: (dx, dy) => choices.view()?.pan(dx, dy),
      zoom: (factor, x, y) => choices.view()?.zoom(factor, x, y),
      click,
      doubleClick: (x, y) => {
        const view = choices.view();
        const instance = view?.pick(x, y) ?? -1;
        if (instance >= 0) view?.focusInstance(instance);
        else view?.fit();
      },
      boxing: (rectangle) => (box.value = rectangle),
      boxed: (rectangle, additive) => {
        const view = choices.view();
        if (!view) return;
        const inside = view.box(rectangle);
        select(additive ? union(view.selection, inside) : inside);
      },
      hover,
      leave: () => (tip.value = undefined),
    },
  };
}
