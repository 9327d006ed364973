import type { Backend } from '../contract/port.ts'

/**
 * The backend that a setting names: `memory`, `sqlite:state.db`, `postgres://…` or `redis://…`. Only that one is loaded.
 *
 * @throws {TypeError} for another setting.
 */
export async function openBackend(setting: string): Promise<Backend> {
  const [scheme = '', ...rest] = setting.split(':')
  const place = rest.join(':')
  if (setting === 'memory') return (await import('./memory/memory.ts')).memoryBackend()
  if (scheme === 'sqlite' && place !== '') return (await import('./sqlite/sqlite.ts')).sqliteBackend(place)
  if (scheme === 'postgres' || scheme === 'postgresql') {
    return (await import('./postgres/postgres.ts')).postgresBackend(setting)
  }
  if (scheme === 'redis' || scheme === 'rediss') return (await import('./redis/redis.ts')).redisBackend(setting)
  // Not the setting itself: what is nearly an address may hold a password.
  throw new TypeError(
    `"${scheme}" is no backend: use "memory", "sqlite:state.db", or an address that begins with postgres:// or redis://`,
  )
}
