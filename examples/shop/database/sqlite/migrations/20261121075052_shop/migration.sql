CREATE TABLE `customers` (
	`id` integer PRIMARY KEY,
	`name` text NOT NULL,
	`email` text NOT NULL UNIQUE,
	`credit_note` text,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `order_items` (
	`order_id` text NOT NULL,
	`line` integer NOT NULL,
	`sku` text NOT NULL,
	`name` text NOT NULL,
	`qty` integer NOT NULL,
	`unit_price_cents` integer NOT NULL,
	CONSTRAINT `order_items_pk` PRIMARY KEY(`order_id`, `line`),
	CONSTRAINT `fk_order_items_order_id_orders_id_fk` FOREIGN KEY (`order_id`) REFERENCES `orders`(`id`),
	CONSTRAINT `fk_order_items_sku_products_sku_fk` FOREIGN KEY (`sku`) REFERENCES `products`(`sku`)
);
--> statement-breakpoint
CREATE TABLE `orders` (
	`id` text PRIMARY KEY,
	`customer_id` integer NOT NULL,
	`status` text NOT NULL,
	`currency` text NOT NULL,
	`total_cents` integer NOT NULL,
	`refunded_cents` integer NOT NULL,
	`notes` text,
	`created_at` integer NOT NULL,
	`paid_at` integer,
	`cancelled_at` integer,
	CONSTRAINT `fk_orders_customer_id_customers_id_fk` FOREIGN KEY (`customer_id`) REFERENCES `customers`(`id`),
	CONSTRAINT "no_more_refunded_than_paid" CHECK("refunded_cents" <= "total_cents")
);
--> statement-breakpoint
CREATE TABLE `products` (
	`sku` text PRIMARY KEY,
	`name` text NOT NULL,
	`description` text NOT NULL,
	`category` text NOT NULL,
	`price_cents` integer NOT NULL,
	`cost_cents` integer,
	`currency` text NOT NULL,
	`stock` integer NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	CONSTRAINT "stock_is_not_negative" CHECK("stock" >= 0)
);
--> statement-breakpoint
CREATE TABLE `refunds` (
	`id` text PRIMARY KEY,
	`order_id` text NOT NULL,
	`amount_cents` integer NOT NULL,
	`reason` text,
	`created_at` integer NOT NULL,
	CONSTRAINT `fk_refunds_order_id_orders_id_fk` FOREIGN KEY (`order_id`) REFERENCES `orders`(`id`)
);
--> statement-breakpoint
CREATE INDEX `orders_by_customer` ON `orders` (`customer_id`,`id`);--> statement-breakpoint
CREATE INDEX `orders_by_status` ON `orders` (`status`,`id`);--> statement-breakpoint
CREATE INDEX `products_by_category` ON `products` (`category`,`sku`);--> statement-breakpoint
CREATE INDEX `refunds_by_order` ON `refunds` (`order_id`,`id`);