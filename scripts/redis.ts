/** Sees to the Redis that some tests start. */
import { existsSync } from 'node:fs'
import path from 'node:path'
import { aptInstall } from './apt.ts'
import type { Outcome } from './run.ts'

export async function findRedis(): Promise<Outcome> {
  if (redisPath() !== undefined) return { ok: true, output: '' }
  const said = await aptInstall('redis-server')
  if (redisPath() !== undefined) return { ok: true, output: '' }
  const how = process.platform === 'darwin' ? '`brew install redis`' : '`sudo apt-get install redis-server`'
  return { ok: false, output: `${said}no Redis: install it (${how}), or set REDIS_SERVER to the path of redis-server` }
}

/** The path of a Redis that is there. */
export function redisPath(): string | undefined {
  if (process.env.REDIS_SERVER) return process.env.REDIS_SERVER
  // /usr/bin also where the PATH leaves it out: it is where apt-get puts it.
  const folders = [...(process.env.PATH ?? '').split(path.delimiter), '/usr/bin']
  return folders.map((folder) => path.join(folder, 'redis-server')).find((file) => existsSync(file))
}
