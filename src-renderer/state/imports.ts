/** Files on their way into the project: handed over, looked into, then imported as the user decides. */
import { defineStore } from 'pinia';
import { computed, ref, shallowRef } from 'vue';
import type { FileGrant } from '../../src-main/api/file-grants.ts';
import type { FilePreview } from '../../src-main/api/types.ts';
import { api, errorWords, handOver } from '../host/connection.ts';
import { chooseFiles } from '../host/file-drop.ts';
import { useJobs } from './jobs.ts';
import { useNotices } from './notices.ts';
import { useSession } from './session.ts';

/** How the files are to be read and named. */
export interface ImportChoices {
  name: string;
  reference: string;
  merge: boolean;
  skipBad: boolean;
  flipVirial: boolean;
  energyKey: string | null;
  forcesKey: string | null;
  virialKey: string | null;
  stressKey: string | null;
  energyUnit: string | null;
  forceUnit: string | null;
  virialUnit: string | null;
  /** Share of a test part, per cent; 0 for none, OWN_SPLIT as the files say. */
  testShare: number;
}

/** In place of a share: the parts that the files name themselves. */
export const OWN_SPLIT = -1;

const FRESH: ImportChoices = {
  name: '',
  reference: '',
  merge: false,
  skipBad: true,
  flipVirial: false,
  energyKey: null,
  forcesKey: null,
  virialKey: null,
  stressKey: null,
  energyUnit: null,
  forceUnit: null,
  virialUnit: null,
  testShare: 10,
};

export interface Looked {
  readonly grant: FileGrant;
  readonly preview: FilePreview | null;
}

export const useImports = defineStore('imports', () => {
  const session = useSession();
  const notices = useNotices();
  const jobs = useJobs();
  const open = ref(false);
  const busy = ref('');
  const files = shallowRef<readonly Looked[]>([]);
  const choices = ref<ImportChoices>({ ...FRESH });
  let look = 0;

  const readable = computed(() =>
    files.value.filter(({ preview }) => preview !== null && preview.failure === null),
  );

  /** What the files say of their own split: configurations by part. */
  const ownParts = computed(() => {
    const parts: Record<string, number> = {};
    for (const { preview } of readable.value)
      for (const [part, n] of Object.entries(preview?.ownParts ?? {})) parts[part] = (parts[part] ?? 0) + n;
    return parts;
  });

  const readOptions = () => ({
    energyKey: choices.value.energyKey ?? undefined,
    forcesKey: choices.value.forcesKey ?? undefined,
    virialKey: choices.value.virialKey ?? undefined,
    stressKey: choices.value.stressKey ?? undefined,
    energyUnit: choices.value.energyUnit ?? undefined,
    forceUnit: choices.value.forceUnit ?? undefined,
    virialUnit: choices.value.virialUnit ?? undefined,
    virialSign: choices.value.flipVirial ? (-1 as const) : undefined,
  });

  /** Opens a dialog for files. */
  async function choose(folder = false): Promise<void> {
    await notices.attempt(async () => take(await chooseFiles({ folder })));
  }

  /** Takes files that were dropped or chosen: a project opens, structure files are looked into. */
  async function take(list: readonly File[]): Promise<void> {
    if (list.length === 0) return;
    const project = list.find((file) => file.name.endsWith('.fwproj'));
    if (project !== undefined) {
      const [grant] = await handOver([project]);
      await api.project.openFile.mutate({ file: grant.key });
      return;
    }
    if (session.project === null) {
      // structure files start a project that is named like the first of them
      const base =
        list[0].name
          .replace(/\.[^.]*$/, '')
          .replace(/[/\\<>:"|?*]/g, ' ')
          .trim() || 'Project';
      await createUnused(base.slice(0, 60));
    }
    choices.value = { ...FRESH };
    files.value = [];
    busy.value = list.length === 1 ? `Reading ${list[0].name} …` : `Reading ${list.length} files …`;
    open.value = true;
    try {
      const grants = await handOver(
        list,
        (done) => (busy.value = `Reading ${done} of ${list.length} files …`),
      );
      files.value = grants.map((grant) => ({ grant, preview: null }));
      await lookAgain();
      // a split that the data were published with is kept unless the user wants another; parts in files of their own
      // are one dataset
      if ('test' in ownParts.value || 'validation' in ownParts.value) {
        choices.value.testShare = OWN_SPLIT;
        if (
          list.length > 1 &&
          readable.value.every(({ preview }) => Object.keys(preview?.ownParts ?? {}).length > 0)
        )
          choices.value.merge = true;
      }
    } catch (error) {
      open.value = false;
      throw error;
    } finally {
      busy.value = '';
    }
  }

  async function createUnused(base: string): Promise<void> {
    for (let n = 1; ; n++) {
      try {
        await api.project.create.mutate({ name: n === 1 ? base : `${base} ${n}` });
        return session.refresh();
      } catch (error) {
        if (n > 20 || !errorWords(error).message.includes('already')) throw error;
      }
    }
  }

  /** Looks into the files with the choices made so far. */
  async function lookAgain(): Promise<void> {
    const mine = ++look;
    for (const { grant } of files.value) {
      busy.value = `Looking into ${grant.name} …`;
      const preview = await api.datasets.preview.query({ file: grant.key, ...readOptions() });
      if (mine !== look) return;
      files.value = files.value.map((item) => (item.grant.key === grant.key ? { grant, preview } : item));
    }
    busy.value = '';
  }

  /** Reads the files as a finding suggests; the preview follows the choices. */
  function takeRemedy(remedy: {
    readonly energyUnit?: string;
    readonly forceUnit?: string;
    readonly virialUnit?: string;
    readonly turnVirials?: true;
  }): void {
    const { energyUnit, forceUnit, virialUnit, turnVirials } = remedy;
    const now = choices.value;
    choices.value = {
      ...now,
      energyUnit: energyUnit ?? now.energyUnit,
      forceUnit: forceUnit ?? now.forceUnit,
      virialUnit: virialUnit ?? now.virialUnit,
      flipVirial: turnVirials ? !now.flipVirial : now.flipVirial,
    };
  }

  function leaveOut(key: string): void {
    files.value = files.value.filter(({ grant }) => grant.key !== key);
    if (files.value.length === 0) open.value = false;
  }

  /** Starts the import as a job. @returns its number */
  async function commit(): Promise<number | undefined> {
    const { name, reference, merge, skipBad, testShare } = choices.value;
    const list = readable.value;
    const { jobId } = await api.datasets.import.mutate({
      files: list.map(({ grant }) => grant.key),
      name: name.trim() !== '' && (merge || list.length === 1) ? name.trim() : undefined,
      merge: merge && list.length > 1,
      reference: reference.trim(),
      skipBad,
      split: testShare === OWN_SPLIT ? 'file' : testShare > 0 ? `random:${testShare / 100}` : undefined,
      ...readOptions(),
    });
    open.value = false;
    files.value = [];
    await jobs.refresh();
    return jobId;
  }

  return {
    open,
    busy,
    files,
    readable,
    ownParts,
    choices,
    choose,
    take,
    lookAgain,
    takeRemedy,
    leaveOut,
    commit,
    createUnused,
  };
});
