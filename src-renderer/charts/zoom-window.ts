/** The part of the plane that is looked at after zooming. */
import type { DataWindow } from './density.ts';
import type { ZoomState } from './paper-figure.ts';

/** @param whole range of the axes, taken where nothing was zoomed */
export function visibleWindow(zoom: ZoomState, whole: DataWindow): DataWindow {
  const ends = (id: string, range: readonly [number, number]): readonly [number, number] => {
    const state = zoom.find((candidate) => candidate.id === id);
    return state && Number.isFinite(state.startValue + state.endValue) && state.endValue > state.startValue
      ? [state.startValue, state.endValue]
      : range;
  };
  return { x: ends('zoom-x', whole.x), y: ends('zoom-y', whole.y) };
}
