export { type Fault, StartError } from './compile/diagnose.ts'
export type { ProxyOptions } from './wire/proxy.ts'

import { type OverrideList, overridesOf } from './compile/dependency-order.ts'
import { compile } from './compile/plan.ts'
import type { Api } from './contract/api.ts'
import type { Report } from './pipeline/fail.ts'
import { createPipeline } from './pipeline/pipeline.ts'
import { withPlaces } from './projections/places.ts'
import { failurePage } from './wire/failure-page.ts'
import { wireLimits } from './wire/limits.ts'
import { listen } from './wire/node-http.ts'
import { type ProxyOptions, createProxy } from './wire/proxy.ts'

export interface ServeOptions<Values extends readonly unknown[] = readonly []> {
  /** The PORT environment variable, or 8000, unless told. 0 takes any free port. */
  readonly port?: number
  /** The address to listen on; every one unless told. */
  readonly host?: string
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
  /** Pairs, for tests: a dependency, and what handlers get in its place: another dependency, or a value. */
  readonly override?: OverrideList<Values>
  /** False to leave SIGTERM and SIGINT alone; they stop the server unless told. */
  readonly signals?: boolean
}

/** A server that runs. */
export interface Server {
  readonly port: number
  readonly url: string
  /** Takes no new connection, finishes the replies under way, releases dependencies. */
  readonly stop: () => Promise<void>
}

/**
 * Serves an API.
 *
 * @throws {StartError} with every fault in the API's declaration.
 * @throws {TypeError} for an option that is none.
 * @throws the system's error where the port cannot be had.
 * @example
 * await serve(api({ hello: get('/hello/{name}', ({ params }) => ({ hello: params.name })) }))
 */
export async function serve<const Values extends readonly unknown[] = []>(
  api: Api,
  options: ServeOptions<Values> = {},
): Promise<Server> {
  const report: Report = options.report ?? ((error, about) => console.error(about.request, error))
  const development = options.development ?? process.env.NODE_ENV === 'development'
  const overrides = overridesOf(options.override as Parameters<typeof overridesOf>[0])
  const pipeline = createPipeline(await compile(withPlaces(api), { overrides }), {
    report,
    ...(development ? { showFailure: failurePage } : {}),
  })
  const proxy = options.proxy && createProxy(options.proxy)
  const port = options.port ?? portOf(process.env.PORT || '8000')
  await pipeline.start()
  const listening = await listen(pipeline, { port, host: options.host, limits: wireLimits(), report, proxy }).catch(
    async (error: unknown) => {
      await pipeline.close()
      throw error
    },
  )
  const server: Server = {
    port: listening.port,
    url: `http://${hostName(options.host)}:${listening.port}`,
    stop: once(async () => {
      await listening.stop(options.deadline ?? 10_000)
      // Not sooner: Ctrl-C under npm arrives twice, and the second would end the replies under way.
      process.off('SIGTERM', end).off('SIGINT', end)
    }),
  }
  const end = (): void => {
    server.stop().then(
      () => process.exit(0),
      (error) => {
        console.error(error)
        process.exit(1)
      },
    )
  }
  if (options.signals !== false) process.on('SIGTERM', end).on('SIGINT', end)
  if (options.quiet !== true) console.log(`Listening on ${server.url}`)
  return server
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
