/** Frames of a dump file of ours while LAMMPS is still writing it: columns id type xu yu zu vx vy vz. */
import type { Configuration } from '../../../src-compute/structure/configuration.ts';
import { boxFromBounds, boxFromDumpBounds } from '../../formats/lammps-box.ts';
import { FileTail } from './file-tail.ts';
import type { LammpsFrame } from './frame.ts';

/** Columns of the dump command. */
export const DUMP_COLUMNS = 'id type xu yu zu vx vy vz';

const HEAD_LINES = 9;

/** A frame of a running simulation, in the frame of the structure that was given. */
export interface DynamicsFrame {
  readonly step: number;
  readonly configuration: Configuration;
}

export class DumpTail {
  readonly #tail: FileTail;
  readonly #start: Configuration;
  readonly #frame: LammpsFrame;
  #rest = '';

  /**
   * @param path the dump file; it need not be there yet
   * @param start the structure that was given, whose symbols, kinds and masses every frame has
   */
  constructor(path: string, start: Configuration, frame: LammpsFrame) {
    this.#tail = new FileTail(path);
    this.#start = start;
    this.#frame = frame;
  }

  /** Frames that were completed since the last call. */
  async take(): Promise<DynamicsFrame[]> {
    this.#rest += await this.#tail.take();
    const frames: DynamicsFrame[] = [];
    const size = this.#start.kinds.length + HEAD_LINES;
    for (;;) {
      const end = nthLineEnd(this.#rest, size);
      if (end < 0) return frames;
      frames.push(this.#parse(this.#rest.slice(0, end).split('\n')));
      this.#rest = this.#rest.slice(end + 1);
    }
  }

  #parse(lines: readonly string[]): DynamicsFrame {
    const bounds = lines.slice(5, 8).map((line) => line.trim().split(/\s+/).map(Number));
    const low = bounds.map((row) => row[0]);
    const high = bounds.map((row) => row[1]);
    const box =
      bounds[0].length > 2
        ? boxFromDumpBounds(
            low,
            high,
            bounds.map((row) => row[2]),
          )
        : boxFromBounds(low, high, [0, 0, 0]);
    const n = this.#start.kinds.length;
    const positions = new Float64Array(3 * n);
    const velocities = new Float64Array(3 * n);
    for (let atom = 0; atom < n; atom++) {
      const row = lines[HEAD_LINES + atom].split(' ').map(Number);
      for (let axis = 0; axis < 3; axis++) {
        positions[3 * atom + axis] = row[2 + axis];
        velocities[3 * atom + axis] = row[5 + axis] / 1000; // Å/ps → Å/fs
      }
    }
    this.#frame.restorePositions(positions);
    this.#frame.restoreVectors(velocities);
    const { symbols, kinds, periodic, masses } = this.#start;
    const cell = this.#frame.restoreCell(box.cell);
    return {
      step: Number(lines[1]),
      configuration: { symbols, kinds, periodic, masses, positions, velocities, cell },
    };
  }
}

/** Position of the end of the n-th line, or −1 when the text holds fewer complete lines. */
function nthLineEnd(text: string, n: number): number {
  let end = -1;
  for (let k = 0; k < n; k++) {
    end = text.indexOf('\n', end + 1);
    if (end < 0) return -1;
  }
  return end;
}
