/** A small dataset for journeys: every fifth configuration of the bundled silicon, one with wrong labels, one torn. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '../../support/shared.ts';

/** Frames of an extended XYZ file as text. */
function framesOf(path: string): string[][] {
  const lines = readFileSync(path, 'utf8').split('\n');
  const frames: string[][] = [];
  for (let k = 0; k < lines.length && lines[k].trim() !== ''; k += Number(lines[k]) + 2) {
    frames.push(lines.slice(k, k + Number(lines[k]) + 2));
  }
  return frames;
}

/** One configuration's first force is far off: what a failed calculation looks like. */
export const WRONG_FORCE = 31;

/** Text of the file: good frames, one with a wrong label, one with a missing number. */
export function siliconFile(every = 5): { text: string; frames: number; bad: number } {
  const source = join(repositoryRoot, 'resources', 'samples', 'silicon', 'Si_train.xyz');
  const frames = framesOf(source).filter((_, k) => k % every === 0);
  const middle = frames[Math.floor(frames.length / 2)];
  const columns = middle[2].split(/\s+/);
  columns[4] = String(WRONG_FORCE);
  middle[2] = columns.join(' ');
  const torn = frames[1].slice();
  torn[3] = torn[3].replace(/\s\S+$/, '');
  return {
    text: [...frames, torn].map((lines) => lines.join('\n')).join('\n') + '\n',
    frames: frames.length,
    bad: 1,
  };
}
