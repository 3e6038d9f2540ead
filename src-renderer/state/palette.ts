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

/** Most entries that are shown for a text. */
const MOST_FOUND = 60;

/**
 * How well a text names something: −1 where its letters do not occur in order, otherwise more for letters that begin
 * words or follow each other, and most where the whole text stands there.
 */
export function score(name: string, text: string): number {
  const target = name.toLowerCase();
  const wanted = text.toLowerCase().replace(/\s+/g, '');
  let place = 0;
  let points = 0;
  for (const letter of wanted) {
    const found = target.indexOf(letter, place);
    if (found < 0) return -1;
    points += found === 0 || /[^\p{L}\p{N}]/u.test(target[found - 1]) ? 3 : found === place ? 2 : 0;
    place = found + 1;
  }
  return points + (target.includes(text.toLowerCase().trim()) ? 2 * wanted.length : 0);
}

/** What fits a text, best first; all in their order where nothing is written. */
export function found(list: readonly Command[], text: string): Command[] {
  if (text.trim() === '') return [...list];
  return list
    .map((command) => ({ command, points: score(`${command.title} ${command.group}`, text) }))
    .filter(({ points }) => points >= 0)
    .sort((a, b) => b.points - a.points)
    .slice(0, MOST_FOUND)
    .map(({ command }) => command);
}

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
