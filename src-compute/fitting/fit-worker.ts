/** A worker's side of a fit: keeps chunks and their neighbours, adds up their rows. */
import { ForcewrightError } from '../errors.ts';
import { DesignPass, type PairStore } from './design-pass.ts';
import type { FitReply, FitRequest } from './fit-protocol.ts';
import type { TrainingChunk } from './training-set.ts';

/**
 * Makes the message handler of a worker.
 * @param reply sends an answer; arrays in `transfer` may be moved
 */
export function fitWorker(
  reply: (message: FitReply, transfer: ArrayBufferLike[]) => void,
): (request: FitRequest) => void {
  let pass: DesignPass | undefined;
  const kept = new Map<number, { chunk: TrainingChunk; pairs: PairStore }>();

  const chunkOf = (index: number, chunk: TrainingChunk | undefined, keep: boolean) => {
    const known = kept.get(index);
    if (known) return known;
    if (!chunk) throw new Error(`chunk ${index} was neither kept nor sent`);
    const entry = { chunk, pairs: [] as PairStore };
    if (keep) kept.set(index, entry);
    return entry;
  };

  const handle = (request: FitRequest): void => {
    switch (request.kind) {
      case 'settings':
        // neighbours depend on the cutoff alone
        if (pass && pass.settings.cutoff !== request.settings.cutoff)
          for (const entry of kept.values()) entry.pairs = [];
        pass = new DesignPass(request.settings);
        return;
      case 'begin':
        pass!.begin(request.point, request.slots);
        return;
      case 'add': {
        const { chunk, pairs } = chunkOf(request.index, request.chunk, request.keep);
        pass!.add(chunk, pairs);
        reply({ kind: 'added', index: request.index }, []);
        return;
      }
      case 'predict': {
        const { chunk, pairs } = chunkOf(request.index, request.chunk, request.keep);
        const predictions = pass!.predict(chunk, request.x, pairs);
        const { energies, forces, virials } = predictions;
        reply({ kind: 'predicted', index: request.index, predictions }, [
          energies.buffer,
          forces.buffer,
          virials.buffer,
        ]);
        return;
      }
      case 'end': {
        const slots = pass!.end();
        reply(
          { kind: 'sums', slots },
          [...slots.values()].map((sums) => sums.gram.buffer),
        );
      }
    }
  };

  return (request) => {
    try {
      handle(request);
    } catch (error) {
      const remedy = error instanceof ForcewrightError ? error.remedy : '';
      reply({ kind: 'failed', message: error instanceof Error ? error.message : String(error), remedy }, []);
    }
  };
}
