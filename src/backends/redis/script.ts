import { createHash } from 'node:crypto'
import type { RedisConnection } from './client.ts'

/** A script that runs in Redis, in which nothing else happens meanwhile. */
export type Script = (
  connection: RedisConnection,
  keys: readonly string[],
  args: readonly string[],
  mustBe?: boolean,
) => Promise<unknown>

/** Asks for it by its digest, and sends its text only where Redis does not know it. */
export function createScript(text: string): Script {
  const digest = createHash('sha1').update(text).digest('hex')
  return ({ use }, keys, args, mustBe) => {
    const options = { keys: [...keys], arguments: [...args] }
    return use(
      (client) =>
        client.evalSha(digest, options).catch((error: unknown) => {
          if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error
          return client.eval(text, options)
        }),
      mustBe,
    )
  }
}
