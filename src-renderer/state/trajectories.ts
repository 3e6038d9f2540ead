/** Trajectories of the open project. */
import { defineStore } from 'pinia';
import { ref, watch } from 'vue';
import type { TrajectoryView } from '../../src-main/api/types.ts';
import { api } from '../host/connection.ts';
import { latestRead } from './latest-read.ts';
import { useSession } from './session.ts';

export const useTrajectories = defineStore('trajectories', () => {
  const session = useSession();
  const list = ref<TrajectoryView[]>([]);
  const loaded = ref(false);

  const refresh = latestRead(
    async () => (session.project === null ? [] : await api.simulations.trajectories.query()),
    (answer) => {
      list.value = answer;
      loaded.value = true;
    },
  );
  watch([() => session.revision, () => session.project?.key], () => void refresh().catch(() => undefined), {
    immediate: true,
  });
  const byId = (id: number) => list.value.find((trajectory) => trajectory.id === id);
  return { list, loaded, byId, refresh };
});
