#!/usr/bin/env node
import { lookup } from 'node:dns/promises'
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { type ProxyOptions, createProxy } from '../wire/proxy.ts'
import type { TlsOptions } from '../wire/tls.ts'
import { dev } from './dev.ts'
import { keys } from './keys.ts'
import { CommandError } from './load-api.ts'
import { openapi } from './openapi.ts'
import { routes } from './routes.ts'
import { sentenceOf } from './sentence.ts'
import { start } from './start.ts'

/** What a command is given after its name. */
export interface CommandOptions {
  readonly port: number | undefined
  readonly host: string | undefined
  /** The path of a unix socket. */
  readonly socket: string | undefined
  readonly tls: TlsOptions | undefined
  readonly proxy: ProxyOptions | undefined
  readonly workers: number | undefined
  /** Milliseconds. */
  readonly drain: number | undefined
  /** Milliseconds. */
  readonly deadline: number | undefined
  readonly out: string | undefined
  readonly apiVersion: string | undefined
  readonly json: boolean
  readonly backend: string | undefined
  /** Of API keys. */
  readonly prefix: string | undefined
  readonly name: string | undefined
  readonly owner: string | undefined
  readonly scopes: string | undefined
  readonly lifetime: string | undefined
  /** The configuration of drizzle-kit. */
  readonly config: string | undefined
  /** Words after the file, of commands that take them. */
  readonly more: readonly string[]
}

interface Command {
  readonly usage: string
  readonly what: string
  readonly takes: readonly string[]
  /** What its first word is, where that is no file. */
  readonly action?: string
  readonly run: (file: string, options: CommandOptions) => Promise<void>
}

const COMMANDS: Readonly<Record<string, Command>> = {
  dev: {
    usage: 'trestle dev <file> [--port 8000] [--host localhost]',
    what: 'Serve an API and start it anew whenever a file changes',
    takes: ['port', 'host'],
    run: dev,
  },
  start: {
    usage: `trestle start <file> [--port 8000] [--host 0.0.0.0] [--socket path] [--workers auto|n] [--drain ms] [--deadline ms]
                       [--tls-cert file --tls-key file] [--trust-proxy network,…] [--path-prefix /api]`,
    what: 'Serve an API in production',
    takes: 'port host socket workers drain deadline tls-cert tls-key trust-proxy path-prefix'.split(' '),
    run: start,
  },
  routes: {
    usage: 'trestle routes <file> [--json]',
    what: 'List the endpoints of an API',
    takes: ['json'],
    run: routes,
  },
  openapi: {
    usage: 'trestle openapi <file> [--out openapi.json] [--api-version name]',
    what: 'Write the OpenAPI document of an API',
    takes: ['out', 'api-version'],
    run: openapi,
  },
  keys: {
    usage: `trestle keys create --prefix shop --name CI --owner acme [--scopes orders:read,…] [--lifetime 90d]
  trestle keys list --prefix shop [--owner acme] [--json]
  trestle keys revoke shop_…`,
    what: 'Make, list and revoke API keys in the backend of TRESTLE_BACKEND, or of --backend',
    takes: 'prefix name owner scopes lifetime json backend'.split(' '),
    action: 'what to do',
    run: keys,
  },
  db: {
    usage: `trestle db generate [--name what-changed] [--config drizzle.config.ts]
  trestle db migrate [--config drizzle.config.ts]
  trestle db status [--config drizzle.config.ts]
  trestle db pull [--config drizzle.config.ts]`,
    what: 'Write migrations of a Drizzle schema, apply them, list them, and write the schema of a database that is there',
    takes: 'name config'.split(' '),
    action: 'what to do',
    // Loaded where it is used: it needs Drizzle, which not everybody has.
    run: async (action, options) => (await import('./db.ts')).db(action, options),
  },
}

const OPTIONS = {
  port: { type: 'string', short: 'p' },
  host: { type: 'string' },
  socket: { type: 'string' },
  'tls-cert': { type: 'string' },
  'tls-key': { type: 'string' },
  'trust-proxy': { type: 'string' },
  'path-prefix': { type: 'string' },
  workers: { type: 'string', short: 'w' },
  drain: { type: 'string' },
  deadline: { type: 'string' },
  out: { type: 'string', short: 'o' },
  'api-version': { type: 'string' },
  json: { type: 'boolean' },
  backend: { type: 'string' },
  prefix: { type: 'string' },
  name: { type: 'string' },
  owner: { type: 'string' },
  scopes: { type: 'string' },
  lifetime: { type: 'string' },
  config: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const

function help(): string {
  const lines = Object.values(COMMANDS).map(({ usage, what }) => `  ${usage}\n      ${what}`)
  return `Usage:\n${lines.join('\n')}\n\n<file> is a module whose default export is an API: export default api({ … })\n`
}

/** Node 20 still stands on many machines, and cannot run TypeScript by itself. */
function checkNode(): void {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major < 22 || (major === 22 && minor < 18)) {
    throw new CommandError(`Trestle needs Node 22.18 or later; this is Node ${process.versions.node}`)
  }
}

async function main(args: readonly string[]): Promise<void> {
  const { values, positionals } = read(args)
  const [name, file, ...more] = positionals
  if (values.help || name === undefined || name === 'help') {
    process.stdout.write(help())
    return
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (command === undefined) throw new CommandError(`There is no command "${name}".\n\n${help()}`)
  checkNode()
  if (file === undefined) throw new CommandError(`Name ${command.action ?? 'the file of the API'}: ${command.usage}`)
  if (more.length > 0 && command.action === undefined) throw new CommandError(`One file at a time: ${command.usage}`)
  for (const option of Object.keys(values)) {
    if (!command.takes.includes(option)) throw new CommandError(`"${name}" takes no --${option}: ${command.usage}`)
  }
  const { socket } = values
  // What a variable that is not set leaves behind: of a host, it would be every address.
  for (const option of ['host', 'socket', 'tls-cert', 'tls-key'] as const) {
    if (values[option] === '') throw new CommandError(`--${option} is empty: give it a value, or leave it out`)
  }
  for (const other of ['port', 'host'] as const) {
    if (socket !== undefined && values[other] !== undefined)
      throw new CommandError(`--socket takes the place of --${other}`)
  }
  await command.run(file, {
    port:
      command.takes.includes('port') && socket === undefined
        ? (toPort('--port', values.port) ?? toPort('PORT', process.env.PORT))
        : undefined,
    host: await toHost(values.host),
    socket,
    tls: toTls(values['tls-cert'], values['tls-key']),
    proxy: toProxy(values['trust-proxy'], values['path-prefix']),
    workers: toWorkers(values.workers),
    drain: toMilliseconds('--drain', values.drain),
    deadline: toMilliseconds('--deadline', values.deadline),
    out: values.out,
    apiVersion: values['api-version'],
    json: values.json ?? false,
    backend: values.backend,
    prefix: values.prefix,
    name: values.name,
    owner: values.owner,
    scopes: values.scopes,
    lifetime: values.lifetime,
    config: values.config,
    more,
  })
}

function read(
  args: readonly string[],
): ReturnType<typeof parseArgs<{ options: typeof OPTIONS; allowPositionals: true }>> {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true })
  } catch (error) {
    throw new CommandError(`${(error as Error).message}\n\n${help()}`)
  }
}

function toPort(name: string, text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined
  const port = Number(text)
  if (/^\d+$/.test(text) && port <= 65_535) return port
  throw new CommandError(`${name} takes a number from 0 to 65535, not "${text}"`)
}

/** A name that nobody knows is told here: later, it could be that of a database as well. */
async function toHost(host: string | undefined): Promise<string | undefined> {
  if (host === undefined || (await lookup(host).catch(() => undefined)) !== undefined) return host
  throw new CommandError(`--host takes an address of this machine, and nobody knows "${host}"`)
}

function toTls(cert: string | undefined, key: string | undefined): TlsOptions | undefined {
  if (cert !== undefined && key !== undefined) return { cert, key }
  if (cert === undefined && key === undefined) return undefined
  throw new CommandError('--tls-cert and --tls-key go together: give the files of the certificate and of its key')
}

function toProxy(trust: string | undefined, prefix: string | undefined): ProxyOptions | undefined {
  if (trust === undefined && prefix === undefined) return undefined
  const networks = trust?.split(',').map((one) => one.trim())
  const options = { ...(networks && { trust: networks }), ...(prefix !== undefined && { prefix }) }
  try {
    createProxy(options)
  } catch (error) {
    throw new CommandError((error as Error).message)
  }
  return options
}

function toWorkers(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (text === 'auto') return availableParallelism()
  const workers = Number(text)
  if (/^\d+$/.test(text) && workers >= 1 && workers <= 1024) return workers
  throw new CommandError(`--workers takes "auto" or a number from 1 to 1024, not "${text}"`)
}

function toMilliseconds(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const time = Number(text)
  // The longest that a timer can wait.
  if (/^\d+$/.test(text) && time < 2 ** 31) return time
  throw new CommandError(`${name} takes milliseconds, not "${text}"`)
}

try {
  await main(process.argv.slice(2))
} catch (error) {
  console.error(sentenceOf(error) ?? error)
  process.exit(1)
}
