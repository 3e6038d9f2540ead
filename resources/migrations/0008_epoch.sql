CREATE TABLE `project_epoch` (
	`id` integer PRIMARY KEY NOT NULL,
	`settled` integer NOT NULL
);
--> statement-breakpoint
INSERT INTO `project_epoch` (`id`, `settled`) VALUES (1, 0);