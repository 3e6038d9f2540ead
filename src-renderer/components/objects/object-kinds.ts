/** What objects of a project look like and where their pages are. */
import { mdiChartTimelineVariant, mdiDatabaseOutline, mdiExportVariant, mdiPlayCircleOutline } from '@mdi/js';
import type { LineageNode } from '../../../src-main/api/types.ts';

export const KIND_ICONS: Readonly<Record<LineageNode['kind'], string>> = {
  dataset: mdiDatabaseOutline,
  potential: mdiChartTimelineVariant,
  run: mdiPlayCircleOutline,
  export: mdiExportVariant,
};

/** The page of an object; exports are listed on the page for exporting. */
export function pageOf({ kind, id }: Pick<LineageNode, 'kind' | 'id'>): string {
  return kind === 'export' ? '/export' : `/objects/${kind}/${id}`;
}
