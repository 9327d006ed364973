export { MigrationError } from './migrations/migration-error.ts'
export { type MigratedDatabase, type MigrationStatus, migrate, migrationStatus } from './migrations/migrate.ts'
export type { MigrationOptions } from './migrations/target.ts'
