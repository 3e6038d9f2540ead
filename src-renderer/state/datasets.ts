/** Datasets of the open project. */
import { defineStore } from 'pinia';
import { ref, watch } from 'vue';
import type { DatasetView } from '../../src-main/api/routers/datasets.ts';
import { api } from '../host/connection.ts';
import { latestRead } from './latest-read.ts';
import { useSession } from './session.ts';

export const useDatasets = defineStore('datasets', () => {
  const session = useSession();
  const list = ref<DatasetView[]>([]);
  const loaded = ref(false);
  const refresh = latestRead(
    async () => (session.project === null ? [] : await api.datasets.list.query()),
    (answer) => {
      list.value = answer;
      loaded.value = true;
    },
  );
  watch([() => session.revision, () => session.project?.key], () => void refresh().catch(() => undefined), {
    immediate: true,
  });
  const byId = (id: number) => list.value.find((dataset) => dataset.id === id);
  return { list, loaded, byId, refresh };
});
