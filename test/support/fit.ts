/** Fits in tests: data made by a known potential, and workers without threads. */
import { fitWorker } from '../../src-compute/fitting/fit-worker.ts';
import type { FitChannel, FitReply } from '../../src-compute/fitting/fit-protocol.ts';
import { chunkBounds, packChunk, type TrainingSource } from '../../src-compute/fitting/training-set.ts';
import type { MomentTensorModel } from '../../src-compute/potentials/moment-tensor/model.ts';
import { evaluateMomentTensor } from '../../src-compute/potentials/moment-tensor/reference.ts';
import type { Configuration } from '../../src-compute/structure/configuration.ts';
import { randomStructure } from './moment-tensor.ts';

/** Structures labelled by a potential. */
export function labelledBy(model: MomentTensorModel, count: number, seed = 1): Configuration[] {
  return Array.from({ length: count }, (_, k) => {
    const structure = randomStructure({
      atoms: 4,
      edge: 4 + 0.02 * (k % 20),
      periodic: [true, true, true],
      species: [...model.species],
      seed: seed + 31 * k,
    });
    const { energy, forces, virial } = evaluateMomentTensor(model, structure);
    return { ...structure, energy, forces, virial };
  });
}

/** Training data in memory; group of each configuration by its number. */
export function sourceOf(
  configurations: readonly Configuration[],
  species: readonly string[],
  group: (index: number) => number,
): TrainingSource {
  const atoms = configurations.map((c) => c.kinds.length);
  const bounds = chunkBounds(atoms);
  return {
    chunkCount: bounds.length - 1,
    configurationCount: configurations.length,
    atomCount: atoms.reduce((sum, n) => sum + n, 0),
    chunk: (index) =>
      packChunk(configurations.slice(bounds[index], bounds[index + 1]), species, (k) =>
        group(bounds[index] + k),
      ),
  };
}

/** Workers that run the real worker code on this thread, answering in later tasks as threads do. */
export function localChannels(count: number): FitChannel[] {
  return Array.from({ length: count }, () => {
    let listener: (reply: FitReply) => void = () => undefined;
    const handle = fitWorker((reply) => setImmediate(() => listener(reply)));
    return {
      post: (request) => void setImmediate(() => handle(structuredClone(request))),
      listen: (onReply) => (listener = onReply),
      terminate: () => undefined,
    };
  });
}
