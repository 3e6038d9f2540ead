/**
 * Tables of a project file (`*.fwproj`, SQLite). From this file drizzle-kit generates the SQL in
 * resources/migrations (see drizzle.config.ts): change a table here, run `npx drizzle-kit generate`, commit both.
 *
 * Numbers of atoms and frames live in blobs of little-endian typed arrays, in tables of their own, so that lists
 * are read without touching them. Times are milliseconds since 1970 (UTC).
 */
import {
  blob,
  index,
  integer,
  primaryKey,
  real,
  sqliteTable,
  text,
  uniqueIndex,
} from 'drizzle-orm/sqlite-core';

const bytes = (name: string) => blob(name, { mode: 'buffer' });

/** One row: tells this project from every other, copies of it apart. Never changed: see project-place.ts. */
export const projectIdentity = sqliteTable('project_identity', {
  id: integer('id').primaryKey(),
  identity: bytes('identity').notNull(),
});

/**
 * One row: how often the file was settled (project.ts), so that an older copy of a project is told from it. A page of its
 * own, which is never left in the log.
 */
export const projectEpoch = sqliteTable('project_epoch', {
  id: integer('id').primaryKey(),
  settled: integer('settled').notNull(),
});

export const datasets = sqliteTable(
  'datasets',
  {
    id: integer('id').primaryKey({ autoIncrement: true }),
    name: text('name').notNull(),
    createdAt: integer('created_at').notNull(),
    /** Reference method as the user notes it: 'PBE, VASP, 520 eV'. */
    reference: text('reference').notNull().default(''),
    /** Element symbols or type names present, JSON list. */
    species: text('species').notNull(),
    configurationCount: integer('configuration_count').notNull(),
    atomCount: integer('atom_count').notNull(),
    withEnergy: integer('with_energy').notNull(),
    withForces: integer('with_forces').notNull(),
    withVirial: integer('with_virial').notNull(),
    /** How many configurations have each other property of the table (properties.ts), by key; JSON. */
    properties: text('properties').notNull().default('{}'),
    /** SHA-256 over the content hashes of all configurations in order, hexadecimal. */
    hash: text('hash').notNull(),
    /** Where it came from: files, their sizes and digests, options; JSON. */
    source: text('source').notNull(),
    /** Findings of the import: skipped frames, suspicious units; JSON list. */
    findings: text('findings').notNull().default('[]'),
    /** How the current split was made; JSON, or null without a split. */
    split: text('split'),
  },
  (table) => [uniqueIndex('datasets_name').on(table.name)],
);

/** What is looked up by single configurations; everything else about them is in their columns. */
export const configurations = sqliteTable(
  'configurations',
  {
    id: integer('id').primaryKey(),
    datasetId: integer('dataset_id')
      .notNull()
      .references(() => datasets.id, { onDelete: 'cascade' }),
    /** Place in the dataset, from 0. */
    position: integer('position').notNull(),
    /** All fingerprints of the structure and how much each changes per Å of rounding; Float64. */
    fingerprints: bytes('fingerprints').notNull(),
  },
  (table) => [uniqueIndex('configurations_place').on(table.datasetId, table.position)],
);

/** What is known of the configurations of a dataset without their arrays, in blocks of positions: see columns.ts. */
export const configurationColumns = sqliteTable(
  'configuration_columns',
  {
    datasetId: integer('dataset_id')
      .notNull()
      .references(() => datasets.id, { onDelete: 'cascade' }),
    /** One of COLUMNS in columns.ts. */
    name: text('name').notNull(),
    /** Number of the block, from 0. */
    block: integer('block').notNull(),
    /** Words of a column of words by their codes; JSON list. */
    words: text('words'),
    /** Values in order of position; typed array. */
    data: bytes('data').notNull(),
  },
  (table) => [primaryKey({ columns: [table.datasetId, table.name, table.block] })],
);

export const configurationData = sqliteTable('configuration_data', {
  configurationId: integer('configuration_id')
    .primaryKey()
    .references(() => configurations.id, { onDelete: 'cascade' }),
  /** Symbols, periodicity, per-frame keys and the layout of `extras`; JSON. */
  header: text('header').notNull(),
  kinds: bytes('kinds').notNull(),
  cell: bytes('cell').notNull(),
  virial: bytes('virial'),
  positions: bytes('positions').notNull(),
  forces: bytes('forces'),
  /** Per-atom energies, velocities, masses and other columns, one after the other. */
  extras: bytes('extras'),
});

export const configurationTags = sqliteTable(
  'configuration_tags',
  {
    tag: text('tag').notNull(),
    configurationId: integer('configuration_id')
      .notNull()
      .references(() => configurations.id, { onDelete: 'cascade' }),
  },
  (table) => [
    primaryKey({ columns: [table.configurationId, table.tag] }),
    index('configuration_tags_tag').on(table.tag),
  ],
);

export const configurationFlags = sqliteTable(
  'configuration_flags',
  {
    configurationId: integer('configuration_id')
      .notNull()
      .references(() => configurations.id, { onDelete: 'cascade' }),
    flag: integer('flag').notNull(),
    /** How far out: a robust z-score, a distance in Å, … */
    score: real('score'),
    /** A sentence for the user. */
    message: text('message').notNull(),
  },
  (table) => [primaryKey({ columns: [table.configurationId, table.flag] })],
);

export const curationSteps = sqliteTable(
  'curation_steps',
  {
    id: integer('id').primaryKey({ autoIncrement: true }),
    datasetId: integer('dataset_id')
      .notNull()
      .references(() => datasets.id, { onDelete: 'cascade' }),
    createdAt: integer('created_at').notNull(),
    /** 'exclude', 'include', 'tag', 'untag', 'reweight', 'split'. */
    kind: text('kind').notNull(),
    description: text('description').notNull(),
    /** What changed: 'excluded', 'weight', 'split' or 'tag:NAME'. */
    field: text('field').notNull(),
    /** Positions of the configurations that changed, Uint32. */
    positions: bytes('positions').notNull(),
    /** Values before and after, one per position: `{values, codes}` with Uint16 codes; JSON and blob. */
    values: text('values').notNull(),
    before: bytes('before').notNull(),
    after: bytes('after').notNull(),
    /** State of datasets.split before and after; JSON. */
    splitBefore: text('split_before'),
    splitAfter: text('split_after'),
    undone: integer('undone').notNull().default(0),
  },
  (table) => [index('curation_steps_dataset').on(table.datasetId)],
);

export const potentials = sqliteTable(
  'potentials',
  {
    id: integer('id').primaryKey({ autoIncrement: true }),
    name: text('name').notNull(),
    form: text('form').notNull(),
    /** JSON list. */
    species: text('species').notNull(),
    createdAt: integer('created_at').notNull(),
    metrics: text('metrics').notNull().default('{}'),
    settings: text('settings').notNull().default('{}'),
    provenance: text('provenance').notNull().default('{}'),
    datasetId: integer('dataset_id').references(() => datasets.id, { onDelete: 'set null' }),
    datasetHash: text('dataset_hash'),
    jobId: integer('job_id'),
    /** SHA-256 of `document`, hexadecimal. */
    fileHash: text('file_hash').notNull(),
    /** The whole `.potential.json`. Last, so that lists never read it. */
    document: text('document').notNull(),
  },
  (table) => [uniqueIndex('potentials_name').on(table.name)],
);

export const jobs = sqliteTable(
  'jobs',
  {
    id: integer('id').primaryKey({ autoIncrement: true }),
    kind: text('kind').notNull(),
    title: text('title').notNull(),
    /** 'queued', 'running', 'done', 'failed', 'cancelled', 'interrupted'. */
    state: text('state').notNull(),
    settings: text('settings').notNull(),
    createdAt: integer('created_at').notNull(),
    startedAt: integer('started_at'),
    finishedAt: integer('finished_at'),
    fraction: real('fraction').notNull().default(0),
    message: text('message').notNull().default(''),
    etaSeconds: real('eta_seconds'),
    /** Latest detail for the window; JSON. */
    detail: text('detail'),
    /** What it made, such as {"datasetId": 1}; JSON. */
    result: text('result'),
    /** {message, remedy}; JSON. */
    error: text('error'),
    /** How often it was started. */
    attempts: integer('attempts').notNull().default(0),
    cancelRequested: integer('cancel_requested').notNull().default(0),
    host: text('host'),
    pid: integer('pid'),
    /** When that process started, so that a reused pid is not mistaken for it. */
    processStart: text('process_start'),
    heartbeatAt: integer('heartbeat_at'),
    /** Who vouches for what the job starts and reads: services/jobs/job-seal.ts. Null in rows of older versions. */
    seal: text('seal'),
  },
  (table) => [index('jobs_state').on(table.state)],
);

export const jobLog = sqliteTable(
  'job_log',
  {
    id: integer('id').primaryKey(),
    jobId: integer('job_id')
      .notNull()
      .references(() => jobs.id, { onDelete: 'cascade' }),
    time: integer('time').notNull(),
    /** 'info', 'warning' or 'error'. */
    level: text('level').notNull(),
    text: text('text').notNull(),
  },
  (table) => [index('job_log_job').on(table.jobId)],
);

/** Points of curves that grow while a job runs, such as the loss: one row per point, never rewritten. */
export const jobPoints = sqliteTable(
  'job_points',
  {
    id: integer('id').primaryKey(),
    jobId: integer('job_id')
      .notNull()
      .references(() => jobs.id, { onDelete: 'cascade' }),
    series: text('series').notNull(),
    x: real('x').notNull(),
    y: real('y').notNull(),
  },
  (table) => [index('job_points_job').on(table.jobId)],
);

export const jobCheckpoints = sqliteTable(
  'job_checkpoints',
  {
    id: integer('id').primaryKey({ autoIncrement: true }),
    jobId: integer('job_id')
      .notNull()
      .references(() => jobs.id, { onDelete: 'cascade' }),
    createdAt: integer('created_at').notNull(),
    /** Version of the blob's layout, chosen by the runner. */
    version: integer('version').notNull(),
    data: bytes('data').notNull(),
    /** Last of the job's points that were there; null in rows of older versions. */
    lastPoint: integer('last_point'),
  },
  (table) => [index('job_checkpoints_job').on(table.jobId)],
);

export const trajectories = sqliteTable('trajectories', {
  id: integer('id').primaryKey({ autoIncrement: true }),
  name: text('name').notNull(),
  createdAt: integer('created_at').notNull(),
  jobId: integer('job_id'),
  potentialId: integer('potential_id').references(() => potentials.id, { onDelete: 'set null' }),
  settings: text('settings').notNull().default('{}'),
  atoms: integer('atoms').notNull(),
  /** JSON list of symbols. */
  symbols: text('symbols').notNull(),
  /** Periodic along a, b, c; JSON list. */
  periodic: text('periodic').notNull(),
  /** Names of the per-frame scalars, in order; JSON list. */
  scalars: text('scalars').notNull(),
  /** Which f32 arrays each frame has: JSON list of 'positions', 'velocities', 'forces', 'atomEnergies'. */
  arrays: text('arrays').notNull(),
  /** Frames that are readable. */
  frames: integer('frames').notNull().default(0),
  /** 0 while it is being written. */
  complete: integer('complete').notNull().default(0),
  masses: bytes('masses'),
  kinds: bytes('kinds').notNull(),
});

export const trajectoryChunks = sqliteTable(
  'trajectory_chunks',
  {
    id: integer('id').primaryKey(),
    trajectoryId: integer('trajectory_id')
      .notNull()
      .references(() => trajectories.id, { onDelete: 'cascade' }),
    firstFrame: integer('first_frame').notNull(),
    frames: integer('frames').notNull(),
    /** Float64, scalars by frame. */
    scalars: bytes('scalars').notNull(),
    /** Float64, 9 by frame. */
    cells: bytes('cells').notNull(),
    /** Float32, by frame the arrays in order. Last, so that scalars are read without it. */
    data: bytes('data').notNull(),
  },
  (table) => [uniqueIndex('trajectory_chunks_place').on(table.trajectoryId, table.firstFrame)],
);

export const analyses = sqliteTable(
  'analyses',
  {
    id: integer('id').primaryKey({ autoIncrement: true }),
    kind: text('kind').notNull(),
    /** SHA-256 of kind, version and all inputs: the key of the cache. */
    inputsHash: text('inputs_hash').notNull(),
    inputs: text('inputs').notNull(),
    createdAt: integer('created_at').notNull(),
    jobId: integer('job_id'),
    result: text('result').notNull(),
  },
  (table) => [uniqueIndex('analyses_inputs').on(table.kind, table.inputsHash)],
);

export const analysisArrays = sqliteTable(
  'analysis_arrays',
  {
    analysisId: integer('analysis_id')
      .notNull()
      .references(() => analyses.id, { onDelete: 'cascade' }),
    name: text('name').notNull(),
    /** Name of the typed array: 'Float64Array', … */
    type: text('type').notNull(),
    /** JSON list of extents. */
    shape: text('shape').notNull(),
    data: bytes('data').notNull(),
  },
  (table) => [primaryKey({ columns: [table.analysisId, table.name] })],
);

/** What people wrote about a dataset, a potential or a run (a job). */
export const objectNotes = sqliteTable(
  'object_notes',
  {
    /** 'dataset', 'potential' or 'run'. */
    kind: text('kind').notNull(),
    objectId: integer('object_id').notNull(),
    text: text('text').notNull(),
    changedAt: integer('changed_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.kind, table.objectId] })],
);
