/** Mouse, pen and finger on the canvas: turn, move, zoom, click, box. */
import type { PixelRectangle } from './picking.ts';

/** What dragging with the main button does. */
export type PointerMode = 'rotate' | 'select' | 'measure';

export interface PointerActions {
  mode(): PointerMode;
  rotate(dx: number, dy: number): void;
  pan(dx: number, dy: number): void;
  zoom(factor: number, x: number, y: number): void;
  /** A press that did not move. `additive` with Ctrl, Command or Shift. */
  click(x: number, y: number, additive: boolean): void;
  doubleClick(x: number, y: number): void;
  /** While a box is drawn; undefined when it is given up. */
  boxing(rectangle: PixelRectangle | undefined): void;
  boxed(rectangle: PixelRectangle, additive: boolean): void;
  hover(x: number, y: number): void;
  leave(): void;
}

/** Pixels a press may wander and still be a click. */
const CLICK_SLACK = 4;

type Gesture =
  | { readonly kind: 'none' }
  | {
      readonly kind: 'press';
      readonly turn: 'rotate' | 'pan' | 'box';
      x: number;
      y: number;
      moved: boolean;
      readonly x0: number;
      readonly y0: number;
    }
  | { readonly kind: 'pinch' };

/** Listens on an element; the returned function stops. */
export function listenToPointer(element: HTMLElement, actions: PointerActions): () => void {
  let gesture: Gesture = { kind: 'none' };
  const fingers = new Map<number, { x: number; y: number }>();
  const place = (event: MouseEvent) => {
    const bounds = element.getBoundingClientRect();
    return { x: event.clientX - bounds.left, y: event.clientY - bounds.top };
  };
  const rectangle = (press: { x0: number; y0: number; x: number; y: number }): PixelRectangle => ({
    x0: press.x0,
    y0: press.y0,
    x1: press.x,
    y1: press.y,
  });

  const down = (event: PointerEvent) => {
    const at = place(event);
    fingers.set(event.pointerId, at);
    element.setPointerCapture(event.pointerId);
    if (fingers.size === 2) {
      gesture = { kind: 'pinch' };
      return;
    }
    const boxing = event.button === 0 && (event.shiftKey || actions.mode() === 'select') && !event.altKey;
    const panning = event.button !== 0 || event.ctrlKey || event.metaKey;
    gesture = {
      kind: 'press',
      turn: boxing ? 'box' : panning ? 'pan' : 'rotate',
      ...at,
      x0: at.x,
      y0: at.y,
      moved: false,
    };
  };

  const move = (event: PointerEvent) => {
    const at = place(event);
    const before = fingers.get(event.pointerId);
    if (!before) {
      actions.hover(at.x, at.y);
      return;
    }
    if (gesture.kind === 'pinch') pinch(event.pointerId, before, at);
    fingers.set(event.pointerId, at);
    if (gesture.kind !== 'press') return;
    if (!gesture.moved && Math.hypot(at.x - gesture.x0, at.y - gesture.y0) < CLICK_SLACK) return;
    const [dx, dy] = [at.x - gesture.x, at.y - gesture.y];
    Object.assign(gesture, { ...at, moved: true });
    if (gesture.turn === 'box') actions.boxing(rectangle(gesture));
    else if (gesture.turn === 'pan') actions.pan(dx, dy);
    else actions.rotate(dx, dy);
  };

  const pinch = (id: number, before: { x: number; y: number }, at: { x: number; y: number }) => {
    const other = [...fingers].find(([finger]) => finger !== id)?.[1];
    if (!other) return;
    const [was, is] = [before, at].map((p) => Math.hypot(p.x - other.x, p.y - other.y));
    if (was > 0) actions.zoom(is / was, (at.x + other.x) / 2, (at.y + other.y) / 2);
    actions.pan((at.x - before.x) / 2, (at.y - before.y) / 2);
  };

  const up = (event: PointerEvent) => {
    fingers.delete(event.pointerId);
    const ended = gesture;
    if (fingers.size === 0) gesture = { kind: 'none' };
    if (ended.kind !== 'press' || event.type === 'pointercancel') {
      actions.boxing(undefined);
      return;
    }
    const additive = event.ctrlKey || event.metaKey || event.shiftKey;
    if (ended.moved && ended.turn === 'box') {
      actions.boxing(undefined);
      actions.boxed(rectangle(ended), event.ctrlKey || event.metaKey);
    } else if (!ended.moved && event.button === 0) {
      actions.click(ended.x0, ended.y0, additive);
    }
  };

  const wheel = (event: WheelEvent) => {
    event.preventDefault();
    const pixels = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 20 * event.deltaY : event.deltaY;
    const { x, y } = place(event);
    actions.zoom(Math.exp(-pixels * 0.0015), x, y);
  };
  const doubleClick = (event: MouseEvent) => {
    const { x, y } = place(event);
    actions.doubleClick(x, y);
  };
  const menu = (event: Event) => event.preventDefault();

  const stop = new AbortController();
  const { signal } = stop;
  element.addEventListener('pointerdown', down, { signal });
  element.addEventListener('pointermove', move, { signal });
  element.addEventListener('pointerup', up, { signal });
  element.addEventListener('pointercancel', up, { signal });
  element.addEventListener('pointerleave', () => actions.leave(), { signal });
  element.addEventListener('wheel', wheel, { signal, passive: false });
  element.addEventListener('dblclick', doubleClick, { signal });
  element.addEventListener('contextmenu', menu, { signal });
  return () => stop.abort();
}
