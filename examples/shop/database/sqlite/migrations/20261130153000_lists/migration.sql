CREATE INDEX `orders_by_time` ON `orders` (`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `products_by_name` ON `products` (`name`,`sku`);--> statement-breakpoint
CREATE INDEX `products_by_price` ON `products` (`price_cents`,`sku`);