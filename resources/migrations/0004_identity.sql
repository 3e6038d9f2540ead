CREATE TABLE `project_identity` (
	`id` integer PRIMARY KEY NOT NULL,
	`identity` blob NOT NULL
);
--> statement-breakpoint
INSERT INTO `project_identity` (`id`, `identity`) VALUES (1, randomblob(16));