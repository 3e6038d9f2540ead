/** What was made from what in the open project; read again whenever something changed. */
import { defineStore } from 'pinia';
import { computed, ref, watch } from 'vue';
import type { Lineage } from '../../src-main/api/types.ts';
import { api } from '../host/connection.ts';
import { useSession } from './session.ts';

export const useLineage = defineStore('lineage', () => {
  const session = useSession();
  const graph = ref<Lineage>({ nodes: [], edges: [] });
  const runs = computed(() => graph.value.nodes.filter(({ kind }) => kind === 'run').reverse());
  let asked = 0;
  watch(
    [() => session.revision, () => session.project?.key],
    async () => {
      const mine = ++asked;
      if (!session.project) {
        graph.value = { nodes: [], edges: [] };
        return;
      }
      const found = await api.objects.lineage.query().catch(() => undefined);
      // an answer that came late is of the past
      if (found && mine === asked) graph.value = found;
    },
    { immediate: true },
  );
  return { graph, runs };
});
