/** Excluding configurations: those of the test part only after the user has agreed, for errors measured before are of them. */
import { defineStore } from 'pinia';
import { shallowRef } from 'vue';
import { api, packed } from '../host/connection.ts';
import { useNotices } from './notices.ts';

export interface ExcludeQuestion {
  /** Configurations of the test part among those chosen. */
  readonly inTest: number;
  readonly chosen: number;
  answer(agreed: boolean): void;
}

export const useExcluding = defineStore('excluding', () => {
  const notices = useNotices();
  const question = shallowRef<ExcludeQuestion>();

  /** Waits for the user's word. */
  function agreed(inTest: number, chosen: number): Promise<boolean> {
    question.value?.answer(false);
    return new Promise((resolve) => {
      question.value = {
        inTest,
        chosen,
        answer: (yes) => {
          question.value = undefined;
          resolve(yes);
        },
      };
    });
  }

  /** @returns how many were excluded; undefined when the user did not want it or it failed */
  async function exclude(
    datasetId: number,
    rows: readonly number[] | Uint32Array,
    reason?: string,
  ): Promise<number | undefined> {
    return await notices.attempt(async () => {
      const positions = packed(rows);
      const inTest = await api.datasets.inTest.query({ id: datasetId, positions });
      if (inTest > 0 && !(await agreed(inTest, rows.length))) return undefined;
      return await api.datasets.exclude.mutate({ id: datasetId, positions, reason });
    });
  }

  return { question, exclude };
});
