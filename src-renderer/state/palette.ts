/** What the palette finds: actions by their names, and the things of the project by theirs. */
import { computed, shallowRef, watch, type ComputedRef } from 'vue';
import { useRouter } from 'vue-router';
import {
  mdiAtomVariant,
  mdiBookOpenVariant,
  mdiDatabaseOutline,
  mdiFlaskOutline,
  mdiPlayCircleOutline,
} from '@mdi/js';
import { api } from '../host/connection.ts';
import { GUIDE } from '../guide/contents.ts';
import { useCommands, type Command } from './commands.ts';
import { useDatasets } from './datasets.ts';
import { useJobs } from './jobs.ts';
import { usePotentials } from './potentials.ts';
import { useSession } from './session.ts';

const RUNS: ReadonlySet<string> = new Set(['md', 'hmc']);

/** @param open whether the palette is seen: recipes are asked for once it is */
export function usePaletteEntries(open: () => boolean): {
  readonly actions: ComputedRef<readonly Command[]>;
  readonly things: ComputedRef<readonly Command[]>;
} {
  const commands = useCommands();
  const session = useSession();
  const datasets = useDatasets();
  const potentials = usePotentials();
  const jobs = useJobs();
  const router = useRouter();
  const recipes = shallowRef<readonly { name: string; title: string }[]>([]);
  watch(
    () => open() && session.project !== null,
    async (wanted) => {
      if (wanted && recipes.value.length === 0)
        recipes.value = await api.recipes.list.query().catch(() => []);
    },
    { immediate: true },
  );

  const actions = computed(() =>
    commands.list.filter((command) => command.id !== 'palette' && (command.enabled?.() ?? true)),
  );
  const go = (id: string, title: string, group: string, icon: string, to: string): Command => ({
    id,
    title,
    group,
    icon,
    run: () => void router.push(to),
  });
  const things = computed<readonly Command[]>(() => {
    const guide = GUIDE.map(({ name, title }) =>
      go(`guide-${name}`, title, 'Guide', mdiBookOpenVariant, `/guide/${name}`),
    );
    if (session.project === null) return guide;
    return [
      ...datasets.list.map(({ id, name }) =>
        go(`dataset-${id}`, name, 'Dataset', mdiDatabaseOutline, `/data/${id}`),
      ),
      ...potentials.list.map(({ id, name }) =>
        go(`potential-${id}`, name, 'Potential', mdiAtomVariant, `/understand?potential=${id}`),
      ),
      ...jobs.list
        .filter(({ kind }) => RUNS.has(kind))
        .map(({ id, title }) => go(`run-${id}`, title, 'Run', mdiPlayCircleOutline, `/simulate?run=${id}`)),
      ...recipes.value.map(({ name, title }) =>
        go(`recipe-${name}`, title, 'Recipe', mdiFlaskOutline, `/simulate?recipe=${name}`),
      ),
      ...guide,
    ];
  });
  return { actions, things };
}
