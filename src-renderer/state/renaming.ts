/** Another name for a dataset, a potential or a run, and what method a dataset is of: one dialog for all. */
import { defineStore } from 'pinia';
import { ref } from 'vue';
import { api } from '../host/connection.ts';
import { useDatasets } from './datasets.ts';
import { useJobs } from './jobs.ts';
import { useNotices } from './notices.ts';
import { usePotentials } from './potentials.ts';

export type RenamedKind = 'dataset' | 'potential' | 'run';

export interface Renamed {
  readonly kind: RenamedKind;
  readonly id: number;
  readonly name: string;
  /** Reference method of a dataset, for the record. */
  readonly reference?: string;
}

export const useRenaming = defineStore('renaming', () => {
  const notices = useNotices();
  const lists = { dataset: useDatasets(), potential: usePotentials(), run: useJobs() };
  const open = ref<Renamed>();

  /** @returns whether it was done */
  async function rename(name: string, reference?: string): Promise<boolean> {
    const what = open.value;
    const wanted = name.trim();
    if (what === undefined || wanted === '') return false;
    const done = await notices.attempt(async () => {
      if (wanted !== what.name) await send(what, wanted);
      const method = reference?.trim();
      if (method !== undefined && what.reference !== undefined && method !== what.reference)
        await api.datasets.setReference.mutate({ id: what.id, reference: method });
      // the dialog closes when the page says the new words
      await lists[what.kind].refresh();
      return true;
    });
    if (done) open.value = undefined;
    return done ?? false;
  }
  async function send({ kind, id }: Renamed, name: string): Promise<void> {
    if (kind === 'dataset') await api.datasets.rename.mutate({ id, name });
    else if (kind === 'potential') await api.potentials.rename.mutate({ id, name });
    else await api.jobs.rename.mutate({ id, title: name });
  }
  return { open, rename };
});
