/** A worker's side of a fit: keeps chunks and their neighbours, adds up their rows. */
import { ForcewrightError } from '../errors.ts';
import { AcePass, type AcePassSettings } from '../forms/ace/all-parameters/pass.ts';
import type { AceParameters } from '../forms/ace/all-parameters/structure.ts';
import { DesignPass, type DesignPoint, type DesignSettings } from './design-pass.ts';
import type { DataPass, FitReply, FitRequest } from './fit-protocol.ts';
import { TensorPass, type TensorPassSettings, type TensorPoint } from './tensor-regression/tensor-pass.ts';
import type { PairStore, TrainingChunk } from './training-set.ts';

type Reply = (message: FitReply, transfer: ArrayBufferLike[]) => void;

/**
 * Makes the message handler of a worker that fits moment tensor potentials.
 * @param reply sends an answer; arrays in `transfer` may be moved
 */
export function fitWorker(reply: Reply): (request: FitRequest) => void {
  return passWorker<DesignSettings, DesignPoint>(
    reply,
    (settings) => new DesignPass(settings),
    ({ cutoff }) => cutoff,
  );
}

/** The same for tensor-regression potentials. */
export function tensorFitWorker(
  reply: Reply,
): (request: FitRequest<TensorPassSettings, TensorPoint>) => void {
  return passWorker<TensorPassSettings, TensorPoint>(
    reply,
    (settings) => new TensorPass(settings),
    ({ descriptors }) => descriptors.cutoff,
  );
}

/** The same for all parameters of ACE potentials. */
export function aceFitWorker(reply: Reply): (request: FitRequest<AcePassSettings, AceParameters>) => void {
  return passWorker<AcePassSettings, AceParameters>(
    reply,
    (settings) => new AcePass(settings),
    ({ descriptors }) => descriptors.cutoff,
  );
}

function passWorker<Settings, Point>(
  reply: Reply,
  makePass: (settings: Settings) => DataPass<Settings, Point>,
  cutoffOf: (settings: Settings) => number,
): (request: FitRequest<Settings, Point>) => void {
  let pass: DataPass<Settings, Point> | undefined;
  const kept = new Map<number, { chunk: TrainingChunk; pairs: PairStore }>();

  const chunkOf = (index: number, chunk: TrainingChunk | undefined, keep: boolean) => {
    const known = kept.get(index);
    if (known) return known;
    if (!chunk) throw new Error(`chunk ${index} was neither kept nor sent`);
    const entry = { chunk, pairs: [] as PairStore };
    if (keep) kept.set(index, entry);
    return entry;
  };

  const handle = (request: FitRequest<Settings, Point>): void => {
    switch (request.kind) {
      case 'settings':
        // neighbours depend on the cutoff alone
        if (pass && cutoffOf(pass.settings) !== cutoffOf(request.settings))
          for (const entry of kept.values()) entry.pairs = [];
        pass = makePass(request.settings);
        return;
      case 'begin':
        pass!.begin(request.point, request.slots);
        return;
      case 'add': {
        const { chunk, pairs } = chunkOf(request.index, request.chunk, request.keep);
        const rows = pass!.add(chunk, pairs, request.sampled);
        reply({ kind: 'added', index: request.index, ...(rows && { rows }) }, rows ? [rows.buffer] : []);
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
      case 'rows': {
        const rows = pass!.energyRows(request.chunk);
        reply({ kind: 'rows', index: request.index, rows }, [rows.buffer]);
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
