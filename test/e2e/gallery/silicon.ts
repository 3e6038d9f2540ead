/** Real data for the gallery: the bundled silicon set, and the Stillinger–Weber potential's errors on it. */
import {
  evaluateStillingerWeber,
  stillingerWeberSilicon,
} from '../../../src-compute/potentials/stillinger-weber/index.ts';
import type { Configuration } from '../../../src-compute/structure/configuration.ts';
import siliconTest from '../../../resources/samples/silicon/Si_test.xyz?url';

/** A labelled frame with what Stillinger–Weber says about it. */
export interface EvaluatedFrame {
  readonly configuration: Configuration;
  readonly tag: string;
  readonly energy: number;
  readonly forces: Float64Array;
}

/** Reads this one file's layout: species, position and force columns; Lattice, energy and config_type keys. */
function parseFrames(text: string): { configuration: Configuration; tag: string }[] {
  const lines = text.split('\n');
  const frames: { configuration: Configuration; tag: string }[] = [];
  for (let at = 0; at + 1 < lines.length && lines[at].trim();) {
    const n = Number(lines[at]);
    const header = lines[at + 1];
    const value = (pattern: RegExp) => pattern.exec(header)?.[1] ?? '';
    const rows = lines.slice(at + 2, at + 2 + n).map((line) => line.trim().split(/\s+/));
    frames.push({
      tag: value(/config_type=(\S+)/),
      configuration: {
        symbols: ['Si'],
        kinds: new Uint16Array(n),
        positions: Float64Array.from(rows.flatMap((row) => row.slice(1, 4).map(Number))),
        forces: Float64Array.from(rows.flatMap((row) => row.slice(4, 7).map(Number))),
        cell: Float64Array.from(
          value(/Lattice="([^"]+)"/)
            .split(' ')
            .map(Number),
        ),
        periodic: [true, true, true],
        energy: Number(value(/ energy=(\S+)/)),
      },
    });
    at += 2 + n;
  }
  return frames;
}

/** The published test split, evaluated. */
export async function evaluatedSilicon(): Promise<EvaluatedFrame[]> {
  const model = stillingerWeberSilicon();
  const text = await (await fetch(siliconTest)).text();
  return parseFrames(text).map(({ configuration, tag }) => {
    const { energy, forces } = evaluateStillingerWeber(model, configuration);
    return { configuration, tag, energy, forces: forces.slice() };
  });
}

/** Length of each atom's force error, eV/Å. */
export function forceErrors(frame: EvaluatedFrame): Float64Array {
  const reference = frame.configuration.forces!;
  return Float64Array.from({ length: frame.configuration.kinds.length }, (_, atom) =>
    Math.hypot(...[0, 1, 2].map((k) => frame.forces[3 * atom + k] - reference[3 * atom + k])),
  );
}

/** Uniform numbers in [0, 1) that are the same in every run (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
