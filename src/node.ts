export { type Fault, StartError } from './compile/start-error.ts'
export type { WireLimits } from './wire/limits.ts'
export type { OverloadOptions } from './wire/overload.ts'
export type { ProxyOptions } from './wire/proxy.ts'
export type { TlsOptions } from './wire/tls.ts'
export type { TakeOver, Upgrade } from './wire/upgrade.ts'

import { type OverrideList, overridesOf } from './compile/dependency-order.ts'
import { compile } from './compile/plan.ts'
import { bindPorts } from './compile/ports.ts'
import type { Api } from './contract/api.ts'
import type { Backend } from './contract/port.ts'
import { traffic } from './contract/readiness.ts'
import { type Report, toConsole } from './pipeline/fail.ts'
import { type Pipeline, createPipeline } from './pipeline/pipeline.ts'
import { withPlaces } from './projections/places.ts'
import { type WireLimits, wireLimits } from './wire/limits.ts'
import { DEADLINE, type ListenOptions, type Listening } from './wire/listening.ts'
import { checkValues } from './wire/option-values.ts'
import { type OverloadOptions, createOverload } from './wire/overload.ts'
import type { ProxyOptions } from './wire/proxy.ts'
import { stopAtSignals } from './wire/stop-signals.ts'
import type { TlsOptions } from './wire/tls.ts'
import type { Upgrade } from './wire/upgrade.ts'

export interface ServeOptions<Values extends readonly unknown[] = readonly []> {
  /** The PORT environment variable, or 8000, unless told. 0 takes any free port. */
  readonly port?: number
  /** The address to listen on; every one unless told. */
  readonly host?: string
  /** A unix socket to listen on, in place of port and host. */
  readonly path?: string
  /** The certificate to serve HTTPS with, HTTP/2 and HTTP/1.1 on the same port; plain HTTP unless told. */
  readonly tls?: TlsOptions
  /** What reads and writes HTTP: Trestle's own engine unless told, or node:http. */
  readonly engine?: 'trestle' | 'node'
  /** What a connection is allowed: sizes, counts and times. Those of endpoints are declared with them. */
  readonly limits?: Partial<WireLimits>
  /** When requests are refused with 503 so that others can be answered; false to take whatever comes. */
  readonly overload?: OverloadOptions | false
  /** Who takes over connections whose callers ask for another protocol, such as WebSocket; nobody unless told. */
  readonly upgrade?: Upgrade
  /** True to say nothing at start. */
  readonly quiet?: boolean
  /** True to show failures to browsers. What NODE_ENV says, unless told: on for `development` only. */
  readonly development?: boolean
  /** Where internal failures are told; standard error unless told. */
  readonly report?: Report
  /** The reverse proxies before the server: which of them are believed, and what they take off the path. */
  readonly proxy?: ProxyOptions
  /** Milliseconds that replies under way have when the server stops: 10,000 unless told. */
  readonly deadline?: number
  /** Milliseconds for which `/readyz` says that the server stops before it takes no new connection: 0 unless told. */
  readonly drain?: number
  /**
   * Where policies keep their state: `memory`, `sqlite:state.db`, `postgres://…`, `redis://…`, or a backend of your own.
   * What TRESTLE_BACKEND says, or `memory`, unless told.
   */
  readonly backend?: string | Backend
  /** Pairs, for tests: a dependency, and what handlers get in its place: another dependency, or a value. */
  readonly override?: OverrideList<Values>
  /** False to leave SIGTERM and SIGINT alone; they stop the server unless told. */
  readonly signals?: boolean
}

/** A server that runs. */
export interface Server {
  /** 0 on a unix socket. */
  readonly port: number
  readonly url: string
  /** Takes no new connection, finishes the replies under way, releases dependencies. */
  readonly stop: () => Promise<void>
}

/**
 * Serves an API.
 *
 * @throws {StartError} with every fault in the API's declaration.
 * @throws {TypeError} that names an option that there is none of, or one with a value that it cannot have.
 * @throws an error that names the file, for a certificate that cannot be served.
 * @throws the system's error where the port cannot be had, and one that says why for a unix socket.
 * @example
 * await serve(api({ hello: get('/hello/{name}', ({ params }) => ({ hello: params.name })) }))
 */
export async function serve<const Values extends readonly unknown[] = []>(
  api: Api,
  options: ServeOptions<Values> = {},
): Promise<Server> {
  checkValues(options)
  const started = open(api, options, () => leaveSignals())
  const leaveSignals = options.signals === false ? () => {} : stopAtSignals(started, options.deadline ?? DEADLINE)
  const server = await started
  if (options.quiet !== true) console.log(`Listening on ${server.url}`)
  return server
}

async function open(api: Api, options: ServeOptions<readonly unknown[]>, stopped: () => void): Promise<Server> {
  const report: Report = options.report ?? toConsole
  const development = options.development ?? process.env.NODE_ENV === 'development'
  const wanted = { wanted: true }
  const given = (options.override ?? []) as NonNullable<Parameters<typeof overridesOf>[0]>
  const ports = await bindPorts(api, options.backend ?? (process.env.TRESTLE_BACKEND || 'memory'), openBackend)
  const overrides = overridesOf([[traffic, wanted], ...ports, ...given])
  const pipeline = createPipeline(await compile(withPlaces(api, development), { overrides }), {
    report,
    // Here and below: what is not asked for is not loaded.
    ...(development ? { showFailure: (await import('./wire/failure-page.ts')).failurePage } : {}),
    ...(options.overload === false ? {} : { admission: createOverload(options.overload, report) }),
  })
  const proxy = options.proxy && (await import('./wire/proxy.ts')).createProxy(options.proxy)
  const limits = wireLimits(options.limits)
  const port = options.port ?? portOf(process.env.PORT || '8000')
  const { host, path, tls, upgrade } = options
  const listen = await wireOf(options.engine)
  await pipeline.start()
  const listening = await freed(path)
    .then(() => listen(pipeline, { port, host, path, limits, report, proxy, tls, upgrade }))
    .catch(async (error: unknown) => {
      await pipeline.close()
      throw error
    })
  return {
    port: listening.port,
    url: path === undefined ? `${tls ? 'https' : 'http'}://${hostName(host)}:${listening.port}` : `unix:${path}`,
    stop: once(async () => {
      wanted.wanted = false
      if (options.drain) await new Promise((resolve) => setTimeout(resolve, options.drain))
      await listening.stop(options.deadline ?? DEADLINE)
      // Not sooner: Ctrl-C under npm arrives twice, and the second would end the replies under way.
      stopped()
    }),
  }
}

type Listen = (pipeline: Pipeline, options: ListenOptions) => Promise<Listening>

/** Only the one that is used is loaded. */
async function wireOf(engine: 'trestle' | 'node' = 'trestle'): Promise<Listen> {
  if (engine === 'trestle') return (await import('./wire/http1/engine.ts')).listen
  if (engine === 'node') return (await import('./wire/node-http.ts')).listen
  throw new TypeError(`engine is "trestle" or "node", not "${engine as string}"`)
}

/** Sees to it that the file of a server that was killed is in nobody's way. What workers share, others look after. */
async function freed(path: string | undefined): Promise<void> {
  if (path === undefined || (await import('node:cluster')).default.isWorker) return
  await (await import('./wire/socket-file.ts')).freeSocketFile(path)
}

/** Only the one that is used is loaded. */
async function openBackend(setting: string): Promise<Backend> {
  return (await import('./backends/open.ts')).openBackend(setting)
}

function portOf(text: string): number {
  if (/^\d+$/.test(text) && Number(text) <= 65_535) return Number(text)
  throw new TypeError(`PORT takes a number from 0 to 65535, not "${text}"`)
}

function hostName(host: string | undefined): string {
  if (host === undefined || host === '::' || host === '0.0.0.0') return 'localhost'
  return host.includes(':') ? `[${host}]` : host
}

function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined
  return () => {
    done ??= work()
    return done
  }
}
