/** The table of a dataset that follows its curation. */
import { shallowRef, watch, type ShallowRef } from 'vue';
import { fetchArrays } from '../host/connection.ts';
import { DatasetTable } from './dataset-table.ts';
import { useNotices } from './notices.ts';
import { useSession } from './session.ts';

/** @param id of the dataset; undefined for none */
export function useDatasetTable(id: () => number | undefined): ShallowRef<DatasetTable | undefined> {
  const session = useSession();
  const notices = useNotices();
  const table = shallowRef<DatasetTable>();
  let request = 0;

  watch(
    [id, () => session.revision],
    async ([now], [before] = [undefined, 0]) => {
      if (now !== before) table.value = undefined;
      const mine = ++request;
      if (now === undefined) return;
      await notices.attempt(async () => {
        const read = new DatasetTable(await fetchArrays(`datasets/${now}/table`));
        if (mine === request) table.value = read;
      });
    },
    { immediate: true },
  );
  return table;
}
