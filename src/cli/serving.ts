import { setTimeout as sleep } from 'node:timers/promises'
import { traffic } from '../contract/readiness.ts'
import { type ProxyOptions, type TlsOptions, serve } from '../node.ts'
import { loadApi } from './load-api.ts'

/** Where and how a process serves the API of a file. Plain data, which goes to workers as it is. */
export interface ServingOptions {
  readonly file: string
  readonly port: number | undefined
  readonly host: string | undefined
  /** The path of a unix socket, in the place of port and host. */
  readonly socket: string | undefined
  readonly tls: TlsOptions | undefined
  readonly proxy: ProxyOptions | undefined
  /** Milliseconds that replies under way have when it stops. */
  readonly deadline: number
}

/** An API that is served by this process. */
export interface Serving {
  /** Where, for people. */
  readonly place: string
  /** Says at `/readyz` that it stops, waits for as long as balancers need to see that, then stops. */
  readonly stop: (drain: number) => Promise<void>
  /** Stops for another process that serves in its place: as ready as ever. */
  readonly handOver: () => Promise<void>
}

export async function createServing(options: ServingOptions): Promise<Serving> {
  const { file, port, host, socket, tls, proxy, deadline } = options
  const wanted = { wanted: true }
  const server = await serve(await loadApi(file), {
    ...(port === undefined ? {} : { port }),
    ...(host === undefined ? {} : { host }),
    ...(socket === undefined ? {} : { path: socket }),
    ...(tls === undefined ? {} : { tls }),
    ...(proxy === undefined ? {} : { proxy }),
    deadline,
    override: [[traffic, wanted]],
    signals: false,
    quiet: true,
  })
  return {
    place: socket === undefined ? server.url : `unix:${socket}`,
    stop: async (drain) => {
      wanted.wanted = false
      if (drain > 0) await sleep(drain)
      await server.stop()
    },
    handOver: server.stop,
  }
}
