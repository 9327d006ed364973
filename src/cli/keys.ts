import { setTimeout } from 'node:timers/promises'
import { type ApiKey, type ApiKeys, apiKeys } from '../auth.ts'
import { toFetch } from '../fetch.ts'
import { api, post } from '../index.ts'
import { StoreAway } from '../policies/store-away.ts'
import { CommandError } from './load-api.ts'
import type { CommandOptions } from './main.ts'

/** What a key is told by: its prefix and its id; the whole key does as well. */
const KEY = /^([a-z0-9_]+)_([0-9A-Za-z]{16})(?:_[0-9A-Za-z]{49})?$/

/** Milliseconds for which a backend that does not answer is asked again, and between two times. */
const PATIENCE = 5000
const PAUSE = 200

/** Makes, lists and revokes API keys where the API keeps them. */
export async function keys(action: string, options: CommandOptions): Promise<void> {
  if (action === 'create') return create(options)
  if (action === 'list') return list(options)
  if (action === 'revoke') return revoke(options)
  throw new CommandError(`"keys" can create, list and revoke, and not "${action}"`)
}

async function create({ prefix, name, owner, scopes, lifetime, backend, more }: CommandOptions): Promise<void> {
  nothingMore(more)
  if (name === undefined || owner === undefined) throw new CommandError('Say whose key it is: --name CI --owner acme')
  const wanted = { name, owner, scopes: scopes?.split(/[ ,]+/).filter(Boolean) ?? [], ...lifetimeOf(lifetime) }
  const made = await withKeys(prefix, backend, (all) => all.create(wanted))
  console.log(made.text)
  console.error(`This is the only time that it is shown. To end it: trestle keys revoke ${prefix}_${made.id}`)
}

async function list({ prefix, owner, json, backend, more }: CommandOptions): Promise<void> {
  nothingMore(more)
  const found = await withKeys(prefix, backend, (all) => all.list(owner))
  if (json) {
    process.stdout.write(`${JSON.stringify(found, undefined, 2)}\n`)
    return
  }
  const rows = found.map((key) => [`${prefix}_${key.id}`, key.owner, key.name, key.scopes.join(' '), timesOf(key)])
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0), 0))
  for (const row of rows) console.log(row.map((text, column) => text.padEnd(widths[column] ?? 0)).join('  '))
}

async function revoke({ backend, more }: CommandOptions): Promise<void> {
  const [text = '', ...others] = more
  nothingMore(others)
  const [, prefix, id = ''] = KEY.exec(text) ?? []
  if (prefix === undefined) throw new CommandError('Say which key: trestle keys revoke shop_… as "keys list" shows it')
  if (await withKeys(prefix, backend, (all) => all.revoke(id))) console.log(`${prefix}_${id} is revoked`)
  else throw new CommandError(`There is no key ${prefix}_${id}`)
}

function nothingMore(more: readonly string[]): void {
  if (more.length > 0) throw new CommandError(`Nobody knows what "${more[0]}" is for`)
}

function lifetimeOf(text: string | undefined): { readonly lifetime?: number } {
  if (text === undefined) return {}
  const [, count, unit = ''] = /^([1-9]\d{0,5})([mhd])$/.exec(text) ?? []
  if (count === undefined) throw new CommandError(`--lifetime takes minutes, hours or days, such as 90d, not "${text}"`)
  return { lifetime: Number(count) * ({ m: 60, h: 3600, d: 86_400 }[unit] ?? 0) }
}

function timesOf({ lastUsedAt, expiresAt }: ApiKey): string {
  const used = lastUsedAt === undefined ? 'never used' : `used ${timeOf(lastUsedAt)}`
  return expiresAt === undefined ? used : `${used}, ends ${timeOf(expiresAt)}`
}

/** To the minute: `2026-11-30 09:15`. */
function timeOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(0, 16).replace('T', ' ')
}

/** Works with keys through an API as any other, on the backend that is set. */
async function withKeys<T>(
  prefix: string | undefined,
  given: string | undefined,
  work: (keys: ApiKeys) => Promise<T>,
): Promise<T> {
  if (prefix === undefined)
    throw new CommandError('Say what the keys begin with, as apiKeys({ prefix }) does: --prefix shop')
  const backend = given ?? (process.env.TRESTLE_BACKEND || 'memory')
  if (backend === 'memory') {
    throw new CommandError('Say where the API keeps its keys: --backend postgres://…, or TRESTLE_BACKEND')
  }
  let failure: unknown
  const opened = mending(() => apiKeys({ prefix }))
  let done: { readonly value: T } | undefined
  const app = api({
    work: post('/', { use: { keys: opened.keys } }, async ({ keys }) => {
      await untilItAnswers(keys)
      done = { value: await work(keys) }
    }),
  })
  const report = (error: unknown): void => {
    failure ??= error
  }
  const handle = await toFetch(app, { backend, report }).catch((error: unknown) => {
    throw error instanceof TypeError ? new CommandError(error.message) : error
  })
  await handle(new Request('http://command.invalid/', { method: 'POST' }))
  await handle.close()
  if (done === undefined)
    throw new CommandError(`The backend cannot be worked with: ${reasonOf(failure)}`, { cause: failure })
  return done.value
}

/**
 * A request gives up a backend that is slow to answer; who is at a terminal waits. It is asked for nothing that would be
 * done twice.
 */
async function untilItAnswers(keys: ApiKeys): Promise<void> {
  for (const until = performance.now() + PATIENCE; ; ) {
    try {
      await keys.list('nobody')
      return
    } catch (error) {
      if (!isSlow(error) || performance.now() > until) throw error
      await setTimeout(PAUSE)
    }
  }
}

/** What the system or the backend has a code for, such as `ECONNREFUSED`, is not over in a second. */
function isSlow(error: unknown): boolean {
  const { cause } = error as Error
  return cause instanceof StoreAway && (cause.cause as NodeJS.ErrnoException | undefined)?.code === undefined
}

function mending<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw error instanceof TypeError ? new CommandError(error.message) : error
  }
}

/** The innermost cause: what the system said. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error.cause !== undefined) return reasonOf(error.cause)
  return error.message || ((error as NodeJS.ErrnoException).code ?? error.name)
}
