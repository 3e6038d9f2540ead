/** Datasets of the open project. */
import { defineStore } from 'pinia';
import { ref, watch } from 'vue';
import type { DatasetView } from '../../src-main/api/routers/datasets.ts';
import { api } from '../host/connection.ts';
import { useSession } from './session.ts';

export const useDatasets = defineStore('datasets', () => {
  const session = useSession();
  const list = ref<DatasetView[]>([]);
  const loaded = ref(false);
  let reading: Promise<void> | undefined;
  let again = false;

  /** Reads the list; what is asked for meanwhile is read once more, and both wait for that. */
  function refresh(): Promise<void> {
    if (reading) again = true;
    else reading = read().finally(() => (reading = undefined));
    return reading;
  }
  async function read(): Promise<void> {
    do {
      again = false;
      list.value = session.project === null ? [] : await api.datasets.list.query();
      loaded.value = true;
    } while (again);
  }
  watch([() => session.revision, () => session.project?.key], () => void refresh().catch(() => undefined), {
    immediate: true,
  });
  const byId = (id: number) => list.value.find((dataset) => dataset.id === id);
  return { list, loaded, byId, refresh };
});
