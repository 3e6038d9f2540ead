ALTER TABLE `datasets` ADD `properties` text DEFAULT '{}' NOT NULL;--> statement-breakpoint
-- step: count-properties