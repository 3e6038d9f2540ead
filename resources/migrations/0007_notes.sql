CREATE TABLE `object_notes` (
	`kind` text NOT NULL,
	`object_id` integer NOT NULL,
	`text` text NOT NULL,
	`changed_at` integer NOT NULL,
	PRIMARY KEY(`kind`, `object_id`)
);
