/** Potentials of the open project. */
import { defineStore } from 'pinia';
import { ref, watch } from 'vue';
import type { PotentialView } from '../../src-main/api/types.ts';
import { api, handOver } from '../host/connection.ts';
import { latestRead } from './latest-read.ts';
import { useSession } from './session.ts';

export const usePotentials = defineStore('potentials', () => {
  const session = useSession();
  const list = ref<PotentialView[]>([]);
  const loaded = ref(false);

  const refresh = latestRead(
    async () => (session.project === null ? [] : await api.potentials.list.query()),
    (answer) => {
      list.value = answer;
      loaded.value = true;
    },
  );
  watch([() => session.revision, () => session.project?.key], () => void refresh().catch(() => undefined), {
    immediate: true,
  });
  const byId = (id: number | null | undefined) => list.value.find((potential) => potential.id === id);

  /** Takes a potential file into the project. @returns its number */
  async function importFile(file: File, species?: string[]): Promise<number> {
    const [grant] = await handOver([file]);
    const { potentialId } = await api.potentials.importFile.mutate({ file: grant.key, species });
    await refresh();
    return potentialId;
  }
  return { list, loaded, byId, refresh, importFile };
});
