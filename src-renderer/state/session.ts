/** The connection, the open project, and the stream of what happens on the host. */
import { defineStore } from 'pinia';
import { ref } from 'vue';
import type { ProjectSummary, WindowEvent } from '../../src-main/api/routers/project.ts';
import { api, hasPermission, onConnectionChange } from '../host/connection.ts';
import { latestRead } from './latest-read.ts';

export const useSession = defineStore('session', () => {
  /** Null until the host answered, then the open project or none. */
  const project = ref<ProjectSummary | null>(null);
  const ready = ref(false);
  const connected = ref(true);
  const hasDialogs = ref(false);
  const projectsFolder = ref('');
  const permission = ref(hasPermission);
  /** Whether the host that answers now is another one than before, which does not know this page. */
  const restarted = ref(false);
  /** Counts up whenever something in the project changed; watch it to read again. */
  const revision = ref(0);
  const listeners = new Set<(event: WindowEvent) => void>();

  const refresh = latestRead(
    () => api.project.current.query(),
    (current) => {
      hasDialogs.value = current.hasDialogs;
      projectsFolder.value = current.projectsFolder;
      // the same project may have become another one to work with: its file may be gone
      const { key, lost } = current.project ?? {};
      if (key !== project.value?.key || lost !== project.value?.lost) project.value = current.project;
      revision.value++;
      ready.value = true;
    },
  );

  function start(): void {
    if (!hasPermission) return;
    onConnectionChange((now) => {
      connected.value = now;
      // what happened while the connection was lost is unknown: read everything again
      if (now && ready.value) refresh().catch(refused);
    });
    api.project.events.subscribe(undefined, {
      // what happened before the stream began is read now
      onStarted: () => void refresh().catch(() => undefined),
      onData: ({ data }) => {
        if (data.type === 'project') void refresh();
        else if (data.type === 'changed' || data.type === 'end') revision.value++;
        for (const listener of listeners) listener(data);
      },
      onError: refused,
    });
    refresh().catch(refused);
  }

  /** The host does not answer, or not to this page: its token is that of a program that has ended. */
  function refused(error: unknown): void {
    if (error instanceof Error && error.message.includes('permission')) {
      // a page that worked before belongs to the program as it ran then
      restarted.value = ready.value;
      permission.value = false;
    }
    connected.value = false;
  }

  /** Listens to what happens. @returns a function that stops */
  function listen(listener: (event: WindowEvent) => void): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  return {
    project,
    ready,
    connected,
    hasDialogs,
    projectsFolder,
    permission,
    restarted,
    revision,
    refresh,
    start,
    listen,
  };
});
