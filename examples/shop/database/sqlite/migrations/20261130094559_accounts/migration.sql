CREATE TABLE `staff` (
	`name` text PRIMARY KEY,
	`role` text NOT NULL,
	`password_hash` text
);
--> statement-breakpoint
ALTER TABLE `customers` ADD `password_hash` text;--> statement-breakpoint
ALTER TABLE `products` ADD `version` integer DEFAULT 1 NOT NULL;