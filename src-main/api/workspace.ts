/**
 * What one host has open: a project with its services, the files the user handed over, recent projects. One project at
 * a time, as in a window; several pages of the web host look at the same one.
 */
import { EventEmitter } from 'node:events';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ForcewrightError } from '../../src-compute/errors.ts';
import { temporaryFolder } from '../platform/temporary-files.ts';
import { ProjectService } from '../services/project-service.ts';
import type { Job } from '../store/jobs.ts';
import { Project } from '../store/project.ts';
import { StoreError } from '../store/store-error.ts';
import { EventQueue, type WorkspaceEvent } from './event-queue.ts';
import { ExportShelf } from './export-folder.ts';
import { FileGrants, safeName } from './file-grants.ts';
import { defaultProjectsFolder, jobWorkerUrl } from './folders.ts';
import { projectKey, projectName, RecentProjects, type RecentProject } from './recent-projects.ts';

export interface WorkspaceOptions {
  /** Folder for the program's own settings. */
  readonly folder: string;
  /** Folder for projects that are made by name (in the browser). */
  readonly projectsFolder?: string;
}

/** An open project and what works on it. */
export type OpenProject = ProjectService & { readonly key: string; readonly name: string };

/** Time between two looks at what other processes and job threads wrote, ms. */
const LOOK_INTERVAL = 500;
/** Time for jobs to save what they have when the host ends, s. */
const SAVING_TIME = 5;

export class Workspace {
  readonly files: FileGrants;
  readonly exports: ExportShelf;
  readonly projectsFolder: string;
  private readonly recentProjects: RecentProjects;
  private readonly emitter = new EventEmitter<{ event: [WorkspaceEvent] }>();
  private readonly temporary: string;
  private current: OpenProject | undefined;
  private timer: NodeJS.Timeout | undefined;
  private version = '';

  constructor(options: WorkspaceOptions) {
    this.projectsFolder = options.projectsFolder ?? defaultProjectsFolder();
    this.recentProjects = new RecentProjects(options.folder);
    const temporary = temporaryFolder('host');
    this.files = new FileGrants(join(temporary, 'uploads'));
    this.exports = new ExportShelf(join(temporary, 'exports'));
    this.temporary = temporary;
    this.emitter.setMaxListeners(0);
  }

  get open(): OpenProject | undefined {
    return this.current;
  }

  /** @throws ForcewrightError when no project is open */
  requireOpen(): OpenProject {
    if (this.current === undefined) {
      throw new ForcewrightError('No project is open.', { remedy: 'Open or create one on the start page.' });
    }
    return this.current;
  }

  /** Whether jobs of the open project run or are about to. */
  get busy(): boolean {
    return this.current?.jobs.busy ?? false;
  }

  /** Jobs that threads of this process work on. */
  ownJobs(): readonly Job[] {
    const jobs = this.current?.jobs;
    return jobs === undefined ? [] : jobs.working.map((id) => jobs.get(id));
  }

  /** Resolves once no thread of this process works on a job. */
  async whenIdle(): Promise<void> {
    await this.current?.jobs.whenIdle();
  }

  /** Brings this process's jobs to rest where they can be resumed, waiting `seconds` at most. */
  async rest(seconds: number): Promise<boolean> {
    return (await this.current?.jobs.rest(seconds)) ?? true;
  }

  /**
   * Opens a project file; jobs of the one that was open go on only if it is the same.
   * @throws StoreError, also when jobs of the open project still run
   */
  openPath(path: string, create = false): OpenProject {
    const known = this.current?.project;
    if (this.current !== undefined && known?.path === path && !create && !known.place.overwritten)
      return this.current;
    this.checkNoJobs();
    if (create && existsSync(path)) {
      throw new StoreError('exists', `There is already a project called ${projectName(path)}.`, {
        remedy: 'Choose another name, or open that one.',
      });
    }
    // what SQLite shares between the connections of a file is of the one that was
    if (known?.path === path && known.place.overwritten) this.closeProject();
    const service = ProjectService.open(path, { create, workerUrl: jobWorkerUrl() });
    this.closeProject();
    const file = service.project.path;
    this.current = Object.assign(service, { key: projectKey(file), name: projectName(file) });
    service.jobs.watch((event) => this.emit(event));
    this.recentProjects.add(file);
    this.watchProject(service.project);
    this.emit({ type: 'project' });
    return this.current;
  }

  /** Makes a project in the projects' folder. */
  createNamed(name: string): OpenProject {
    mkdirSync(this.projectsFolder, { recursive: true });
    return this.openPath(join(this.projectsFolder, `${safeName(name)}.fwproj`), true);
  }

  /** Opens one of the recent projects or of the projects' folder. */
  openKey(key: string): OpenProject {
    return this.openPath(this.pathOf(key));
  }

  /** Opens a copy of a project, for one that cannot be written or opened where it lies. */
  openCopy(key: string): Promise<OpenProject> {
    return this.copyHere(this.pathOf(key));
  }

  private pathOf(key: string): string {
    const path = this.recentProjects.pathOf(key) ?? this.folderProjects().find((p) => projectKey(p) === key);
    if (path === undefined) {
      throw new StoreError('missing', 'This project is not there any more.', {
        remedy: 'Open its file again.',
      });
    }
    return path;
  }

  /** Copies a project file that the user handed over into the projects' folder and opens it there. */
  openGranted(key: string): Promise<OpenProject> {
    return this.copyHere(this.files.path(key));
  }

  /** Copies a project into the projects' folder under a free name and opens the copy. */
  private async copyHere(source: string): Promise<OpenProject> {
    this.checkNoJobs();
    mkdirSync(this.projectsFolder, { recursive: true });
    const base = projectName(source);
    let target = '';
    for (let n = 1; target === '' || target === source || existsSync(target); n++)
      target = join(this.projectsFolder, `${base}${n === 1 ? '' : ` ${n}`}.fwproj`);
    try {
      // the file of an open project may be gone: its connection still has all of it
      if (this.current?.project.path === source) await this.current.project.saveCopy(target);
      else await copyProject(source, target);
      return this.openPath(target);
    } catch (error) {
      // a file that turns out to be no project leaves nothing behind
      for (const part of ['', '-wal', '-shm']) rmSync(target + part, { force: true });
      throw error;
    }
  }

  /** @throws ForcewrightError while jobs run in it */
  close(): void {
    this.checkNoJobs();
    this.closeProject();
    this.emit({ type: 'project' });
  }

  /** Recent projects, then others of the projects' folder, latest first. */
  projects(): RecentProject[] {
    const recent = this.recentProjects.list();
    const known = new Set(recent.map(({ key }) => key));
    const others = this.folderProjects()
      .filter((path) => !known.has(projectKey(path)))
      .map((path) => {
        const status = statSync(path);
        return {
          key: projectKey(path),
          name: projectName(path),
          folder: this.projectsFolder,
          openedAt: status.mtimeMs,
          bytes: status.size,
        };
      });
    return [...recent, ...others].sort((a, b) => b.openedAt - a.openedAt);
  }

  forget(key: string): void {
    this.recentProjects.forget(key);
  }

  /**
   * Everything that happens, until the signal aborts.
   * @param ready resolves when the listener can take more; meanwhile events are merged (EventQueue)
   */
  async *events(
    signal: AbortSignal,
    ready: () => Promise<void> = () => Promise.resolve(),
  ): AsyncGenerator<WorkspaceEvent> {
    const queue = new EventQueue();
    let wake: () => void = () => undefined;
    const listener = (event: WorkspaceEvent) => {
      queue.push(event);
      wake();
    };
    this.emitter.on('event', listener);
    const stop = () => wake();
    signal.addEventListener('abort', stop);
    try {
      while (!signal.aborted) {
        if (queue.size === 0) await new Promise<void>((resolve) => (wake = resolve));
        await ready();
        yield* queue.take();
      }
    } finally {
      this.emitter.off('event', listener);
      signal.removeEventListener('abort', stop);
    }
  }

  /** Tells of jobs that end, in words for a notification. */
  onJobEnd(tell: (title: string, sentence: string) => void): void {
    this.emitter.on('event', (event) => {
      if (event.type !== 'end' || this.current === undefined) return;
      const job = this.current.jobs.get(event.jobId);
      if (job.state !== 'cancelled') tell(job.title, jobSentence(job));
    });
  }

  /** Says that this host changed something, so that every page reads it again. */
  touched(): void {
    this.emit({ type: 'changed' });
  }

  async dispose(): Promise<void> {
    await this.rest(SAVING_TIME);
    this.closeProject();
    this.emitter.removeAllListeners();
    await this.files.dispose();
    await this.exports.dispose();
    await rm(this.temporary, { recursive: true, force: true });
  }

  /** A listener that fails (a job of a project that was just closed) disturbs neither the others nor the host. */
  private emit(event: WorkspaceEvent): void {
    for (const listener of this.emitter.listeners('event')) {
      try {
        listener(event);
      } catch (error) {
        process.stderr.write(`An event was not passed on (${event.type}): ${String(error)}\n`);
      }
    }
  }

  private checkNoJobs(): void {
    if (!this.busy) return;
    throw new ForcewrightError('Jobs of the open project are still running.', {
      remedy: 'Wait for them or cancel them first; they can be resumed later.',
    });
  }

  private closeProject(): void {
    clearInterval(this.timer);
    this.current?.[Symbol.dispose]();
    this.current = undefined;
  }

  /**
   * Job threads and other programs write to the project too: SQLite counts their commits in data_version. Looks as well
   * whether the files are still there.
   */
  private watchProject(project: Project): void {
    let lost: string | undefined;
    let written = 0;
    const look = () => {
      if (!project.sqlite.open) return;
      if (project.place.lost !== lost) {
        lost = project.place.lost;
        this.emit({ type: 'project' });
      }
      if (lost !== undefined) return;
      // when nobody has written between two looks, the file takes in what lies in the log
      const log = statSync(`${project.path}-wal`, { throwIfNoEntry: false });
      if (log !== undefined && log.size > 0 && log.mtimeMs === written) project.settle();
      written = log?.mtimeMs ?? 0;
      const version = String(project.sqlite.pragma('data_version', { simple: true }));
      if (version !== this.version && this.version !== '') this.emit({ type: 'changed' });
      this.version = version;
    };
    this.version = '';
    look();
    this.timer = setInterval(() => {
      try {
        look();
      } catch {
        // a disk that is gone for a moment: a timer's error would end the host, and whoever reads next is told
      }
    }, LOOK_INTERVAL);
    this.timer.unref();
  }

  private folderProjects(): string[] {
    if (!existsSync(this.projectsFolder)) return [];
    return readdirSync(this.projectsFolder)
      .filter((name) => name.endsWith('.fwproj'))
      .map((name) => join(this.projectsFolder, name));
  }
}

/**
 * Copies a project file that others may be writing to. One that cannot be opened where it lies is copied as it is,
 * together with its log.
 */
async function copyProject(source: string, target: string): Promise<void> {
  try {
    using project = Project.open(source, { readOnly: true });
    await project.saveCopy(target);
  } catch (error) {
    const reason = error instanceof StoreError ? error.reason : undefined;
    // 'read-only': from an older version, to be converted where the copy lies
    if (reason !== 'missing' && reason !== 'read-only') throw error;
    for (const part of ['', '-wal']) {
      if (existsSync(source + part)) copyFileSync(source + part, target + part);
      if (existsSync(target + part)) chmodSync(target + part, 0o644);
    }
  }
}

function jobSentence(job: Job): string {
  if (job.state === 'done') return 'Done.';
  return job.error?.message ?? `The job is ${job.state}.`;
}
