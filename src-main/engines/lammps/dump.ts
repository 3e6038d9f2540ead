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
  /** Of the frame that is coming: its head, and the numbers of its atoms so far. */
  #head: string[] = [];
  #atom = 0;
  #positions: Float64Array;
  #velocities: Float64Array;
  /** A line that has not ended. */
  #rest = '';

  /**
   * @param path the dump file; it need not be there yet
   * @param start the structure that was given, whose symbols, kinds and masses every frame has
   */
  constructor(path: string, start: Configuration, frame: LammpsFrame) {
    this.#tail = new FileTail(path);
    this.#start = start;
    this.#frame = frame;
    this.#positions = new Float64Array(3 * start.kinds.length);
    this.#velocities = new Float64Array(3 * start.kinds.length);
  }

  /**
   * Frames that were completed since the last call. Lines are taken as they come: a frame of millions of atoms is
   * longer than a string can be.
   * @param most bytes that are read at once
   */
  async take(most?: number): Promise<DynamicsFrame[]> {
    const frames: DynamicsFrame[] = [];
    for (let text = await this.#tail.take(most); text !== ''; text = await this.#tail.take(most)) {
      const lines = (this.#rest + text).split('\n');
      this.#rest = lines.pop() ?? '';
      for (const line of lines) {
        if (this.#head.length < HEAD_LINES) this.#head.push(line);
        else this.#takeAtom(line);
        if (this.#head.length === HEAD_LINES && this.#atom === this.#start.kinds.length)
          frames.push(this.#finish());
      }
    }
    return frames;
  }

  #takeAtom(line: string): void {
    const row = line.split(' ').map(Number);
    const offset = 3 * this.#atom++;
    for (let axis = 0; axis < 3; axis++) {
      this.#positions[offset + axis] = row[2 + axis];
      this.#velocities[offset + axis] = row[5 + axis] / 1000; // Å/ps → Å/fs
    }
  }

  #finish(): DynamicsFrame {
    const [lines, positions, velocities] = [this.#head, this.#positions, this.#velocities];
    this.#head = [];
    this.#atom = 0;
    this.#positions = new Float64Array(positions.length);
    this.#velocities = new Float64Array(velocities.length);
    const bounds = lines.slice(5, 8).map((line) => line.trim().split(/\s+/).map(Number));
    const low = bounds.map((row) => row[0]);
    const high = bounds.map((row) => row[1]);
    const tilt = bounds.map((row) => row[2]);
    const box =
      bounds[0].length > 2 ? boxFromDumpBounds(low, high, tilt) : boxFromBounds(low, high, [0, 0, 0]);
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
