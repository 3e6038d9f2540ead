/** Keeps large sets of pairs away from the window's thread and answers questions about them; see pair-analysis.ts. */
import { askPairs, buffersOf, PairAnalysis, type PairColumns, type PairQuestion } from './pair-analysis.ts';

export type PairRequest =
  | { readonly kind: 'load'; readonly set: number; readonly columns: PairColumns }
  | { readonly kind: 'drop'; readonly set: number }
  | {
      readonly kind: 'ask';
      readonly set: number;
      readonly id: number;
      readonly question: PairQuestion;
      readonly given: readonly unknown[];
    };

export interface PairReply {
  readonly id: number;
  readonly answer?: unknown;
  readonly error?: string;
}

const sets = new Map<number, PairAnalysis>();

self.onmessage = (event: MessageEvent<PairRequest>) => {
  const request = event.data;
  if (request.kind === 'load') sets.set(request.set, new PairAnalysis(request.columns));
  else if (request.kind === 'drop') sets.delete(request.set);
  else {
    try {
      const set = sets.get(request.set);
      const reply: PairReply = {
        id: request.id,
        answer: set && askPairs(set, request.question, request.given),
      };
      self.postMessage(reply, { transfer: buffersOf(reply.answer) });
    } catch (error) {
      const reply: PairReply = {
        id: request.id,
        error: error instanceof Error ? error.message : String(error),
      };
      self.postMessage(reply);
    }
  }
};
