-- step: pack-sources
--> statement-breakpoint
CREATE TABLE `__new_configurations` (
	`id` integer PRIMARY KEY NOT NULL,
	`dataset_id` integer NOT NULL,
	`position` integer NOT NULL,
	`fingerprints` blob NOT NULL,
	FOREIGN KEY (`dataset_id`) REFERENCES `datasets`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
INSERT INTO `__new_configurations` (`id`, `dataset_id`, `position`, `fingerprints`) SELECT `id`, `dataset_id`, `position`, `fingerprints` FROM `configurations` ORDER BY `id`;--> statement-breakpoint
DROP TABLE `configurations`;--> statement-breakpoint
ALTER TABLE `__new_configurations` RENAME TO `configurations`;--> statement-breakpoint
CREATE UNIQUE INDEX `configurations_place` ON `configurations` (`dataset_id`,`position`);
