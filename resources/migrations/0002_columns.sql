CREATE TABLE `configuration_columns` (
	`dataset_id` integer NOT NULL,
	`name` text NOT NULL,
	`block` integer NOT NULL,
	`words` text,
	`data` blob NOT NULL,
	PRIMARY KEY(`dataset_id`, `name`, `block`),
	FOREIGN KEY (`dataset_id`) REFERENCES `datasets`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
-- step: pack-columns
--> statement-breakpoint
ALTER TABLE `configurations` DROP COLUMN `excluded`;--> statement-breakpoint
ALTER TABLE `configurations` DROP COLUMN `weight`;--> statement-breakpoint
ALTER TABLE `configurations` DROP COLUMN `split`;--> statement-breakpoint
ALTER TABLE `configurations` DROP COLUMN `flags`;