CREATE TABLE `analyses` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`kind` text NOT NULL,
	`inputs_hash` text NOT NULL,
	`inputs` text NOT NULL,
	`created_at` integer NOT NULL,
	`job_id` integer,
	`result` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `analyses_inputs` ON `analyses` (`kind`,`inputs_hash`);--> statement-breakpoint
CREATE TABLE `analysis_arrays` (
	`analysis_id` integer NOT NULL,
	`name` text NOT NULL,
	`type` text NOT NULL,
	`shape` text NOT NULL,
	`data` blob NOT NULL,
	PRIMARY KEY(`analysis_id`, `name`),
	FOREIGN KEY (`analysis_id`) REFERENCES `analyses`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE TABLE `configuration_data` (
	`configuration_id` integer PRIMARY KEY NOT NULL,
	`header` text NOT NULL,
	`kinds` blob NOT NULL,
	`cell` blob NOT NULL,
	`virial` blob,
	`positions` blob NOT NULL,
	`forces` blob,
	`extras` blob,
	FOREIGN KEY (`configuration_id`) REFERENCES `configurations`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE TABLE `configuration_flags` (
	`configuration_id` integer NOT NULL,
	`flag` integer NOT NULL,
	`score` real,
	`message` text NOT NULL,
	PRIMARY KEY(`configuration_id`, `flag`),
	FOREIGN KEY (`configuration_id`) REFERENCES `configurations`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE TABLE `configuration_tags` (
	`tag` text NOT NULL,
	`configuration_id` integer NOT NULL,
	PRIMARY KEY(`configuration_id`, `tag`),
	FOREIGN KEY (`configuration_id`) REFERENCES `configurations`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `configuration_tags_tag` ON `configuration_tags` (`tag`);--> statement-breakpoint
CREATE TABLE `configurations` (
	`id` integer PRIMARY KEY NOT NULL,
	`dataset_id` integer NOT NULL,
	`position` integer NOT NULL,
	`formula` text NOT NULL,
	`atoms` integer NOT NULL,
	`energy` real,
	`energy_per_atom` real,
	`max_force` real,
	`volume` real,
	`pressure` real,
	`minimum_distance` real,
	`config_type` text,
	`labels` integer NOT NULL,
	`content_hash` blob NOT NULL,
	`structure_hash` blob NOT NULL,
	`fingerprint` real NOT NULL,
	`fingerprints` blob NOT NULL,
	`source_file` integer NOT NULL,
	`source_frame` integer NOT NULL,
	`source_line` integer NOT NULL,
	`excluded` integer DEFAULT 0 NOT NULL,
	`weight` real DEFAULT 1 NOT NULL,
	`split` text,
	`flags` integer DEFAULT 0 NOT NULL,
	FOREIGN KEY (`dataset_id`) REFERENCES `datasets`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `configurations_place` ON `configurations` (`dataset_id`,`position`);--> statement-breakpoint
CREATE INDEX `configurations_structure` ON `configurations` (`structure_hash`);--> statement-breakpoint
CREATE TABLE `curation_steps` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`dataset_id` integer NOT NULL,
	`created_at` integer NOT NULL,
	`kind` text NOT NULL,
	`description` text NOT NULL,
	`field` text NOT NULL,
	`positions` blob NOT NULL,
	`values` text NOT NULL,
	`before` blob NOT NULL,
	`after` blob NOT NULL,
	`split_before` text,
	`split_after` text,
	`undone` integer DEFAULT 0 NOT NULL,
	FOREIGN KEY (`dataset_id`) REFERENCES `datasets`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `curation_steps_dataset` ON `curation_steps` (`dataset_id`);--> statement-breakpoint
CREATE TABLE `datasets` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`name` text NOT NULL,
	`created_at` integer NOT NULL,
	`reference` text DEFAULT '' NOT NULL,
	`species` text NOT NULL,
	`configuration_count` integer NOT NULL,
	`atom_count` integer NOT NULL,
	`with_energy` integer NOT NULL,
	`with_forces` integer NOT NULL,
	`with_virial` integer NOT NULL,
	`hash` text NOT NULL,
	`source` text NOT NULL,
	`findings` text DEFAULT '[]' NOT NULL,
	`split` text
);
--> statement-breakpoint
CREATE UNIQUE INDEX `datasets_name` ON `datasets` (`name`);--> statement-breakpoint
CREATE TABLE `job_checkpoints` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`job_id` integer NOT NULL,
	`created_at` integer NOT NULL,
	`version` integer NOT NULL,
	`data` blob NOT NULL,
	FOREIGN KEY (`job_id`) REFERENCES `jobs`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `job_checkpoints_job` ON `job_checkpoints` (`job_id`);--> statement-breakpoint
CREATE TABLE `job_log` (
	`id` integer PRIMARY KEY NOT NULL,
	`job_id` integer NOT NULL,
	`time` integer NOT NULL,
	`level` text NOT NULL,
	`text` text NOT NULL,
	FOREIGN KEY (`job_id`) REFERENCES `jobs`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `job_log_job` ON `job_log` (`job_id`);--> statement-breakpoint
CREATE TABLE `job_points` (
	`id` integer PRIMARY KEY NOT NULL,
	`job_id` integer NOT NULL,
	`series` text NOT NULL,
	`x` real NOT NULL,
	`y` real NOT NULL,
	FOREIGN KEY (`job_id`) REFERENCES `jobs`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `job_points_job` ON `job_points` (`job_id`);--> statement-breakpoint
CREATE TABLE `jobs` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`kind` text NOT NULL,
	`title` text NOT NULL,
	`state` text NOT NULL,
	`settings` text NOT NULL,
	`created_at` integer NOT NULL,
	`started_at` integer,
	`finished_at` integer,
	`fraction` real DEFAULT 0 NOT NULL,
	`message` text DEFAULT '' NOT NULL,
	`eta_seconds` real,
	`detail` text,
	`result` text,
	`error` text,
	`attempts` integer DEFAULT 0 NOT NULL,
	`cancel_requested` integer DEFAULT 0 NOT NULL,
	`host` text,
	`pid` integer,
	`process_start` text,
	`heartbeat_at` integer
);
--> statement-breakpoint
CREATE INDEX `jobs_state` ON `jobs` (`state`);--> statement-breakpoint
CREATE TABLE `potentials` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`name` text NOT NULL,
	`form` text NOT NULL,
	`species` text NOT NULL,
	`created_at` integer NOT NULL,
	`metrics` text DEFAULT '{}' NOT NULL,
	`settings` text DEFAULT '{}' NOT NULL,
	`provenance` text DEFAULT '{}' NOT NULL,
	`dataset_id` integer,
	`dataset_hash` text,
	`job_id` integer,
	`file_hash` text NOT NULL,
	`document` text NOT NULL,
	FOREIGN KEY (`dataset_id`) REFERENCES `datasets`(`id`) ON UPDATE no action ON DELETE set null
);
--> statement-breakpoint
CREATE UNIQUE INDEX `potentials_name` ON `potentials` (`name`);--> statement-breakpoint
CREATE TABLE `trajectories` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`name` text NOT NULL,
	`created_at` integer NOT NULL,
	`job_id` integer,
	`potential_id` integer,
	`settings` text DEFAULT '{}' NOT NULL,
	`atoms` integer NOT NULL,
	`symbols` text NOT NULL,
	`periodic` text NOT NULL,
	`scalars` text NOT NULL,
	`arrays` text NOT NULL,
	`frames` integer DEFAULT 0 NOT NULL,
	`complete` integer DEFAULT 0 NOT NULL,
	`masses` blob,
	`kinds` blob NOT NULL,
	FOREIGN KEY (`potential_id`) REFERENCES `potentials`(`id`) ON UPDATE no action ON DELETE set null
);
--> statement-breakpoint
CREATE TABLE `trajectory_chunks` (
	`id` integer PRIMARY KEY NOT NULL,
	`trajectory_id` integer NOT NULL,
	`first_frame` integer NOT NULL,
	`frames` integer NOT NULL,
	`scalars` blob NOT NULL,
	`cells` blob NOT NULL,
	`data` blob NOT NULL,
	FOREIGN KEY (`trajectory_id`) REFERENCES `trajectories`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `trajectory_chunks_place` ON `trajectory_chunks` (`trajectory_id`,`first_frame`);