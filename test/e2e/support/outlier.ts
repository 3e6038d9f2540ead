/** Where the wrong force of the silicon file lies in the parity plot of forces. */
import { parityWindow } from '../../../src-renderer/charts/parity-window.ts';
import { siliconFile, WRONG_FORCE } from './silicon-file.ts';

/** Its prediction is an ordinary force, about 0; axes and margins as in charts/parity.ts. */
export function outlierPlace(plot: { x: number; y: number; width: number; height: number }) {
  const forces = siliconFile()
    .text.split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((words) => words.length === 7 && words[0] === 'Si')
    .flatMap((words) => words.slice(4).map(Number));
  const [low, high] = parityWindow(forces, forces, true).x;
  const [left, right, top, bottom] = [74, 24, 28, 52];
  const along = (value: number) => (value - low) / (high - low);
  return {
    x: plot.x + left + along(WRONG_FORCE) * (plot.width - left - right),
    y: plot.y + top + (1 - along(-0.6)) * (plot.height - top - bottom),
  };
}
