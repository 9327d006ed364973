import { createServer as createHttp1 } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Server } from 'node:tls'
import { compile } from '../../src/compile/plan.ts'
import type { Api } from '../../src/contract/api.ts'
import type { Report } from '../../src/pipeline/fail.ts'
import { createPipeline } from '../../src/pipeline/pipeline.ts'
import { createHttp2 } from '../../src/wire/http2/engine.ts'
import { type WireLimits, wireLimits } from '../../src/wire/limits.ts'
import { type ProxyOptions, createProxy } from '../../src/wire/proxy.ts'
import { type TlsOptions, createTls } from '../../src/wire/tls.ts'
import type { Pace } from '../../src/wire/watch-files.ts'

export interface SecureServer {
  readonly port: number
  readonly stop: (deadline?: number) => Promise<void>
}

export interface SecureOptions {
  readonly report?: Report
  readonly limits?: Partial<WireLimits>
  readonly pace?: Pace
  readonly proxy?: ProxyOptions
}

/** Serves an API over TLS on a free port of 127.0.0.1: HTTP/2, and a word of HTTP/1.1 for whoever asks for that. */
export async function serveSecurely(
  given: Api,
  tls: TlsOptions,
  { report = () => {}, limits: some, pace, proxy }: SecureOptions = {},
): Promise<SecureServer> {
  const limits = wireLimits(some)
  const pipeline = createPipeline(await compile(given), { report })
  const http2 = createHttp2({ pipeline, limits, report, peers: { proxy: proxy && createProxy(proxy), unix: false } })
  const http1 = createHttp1((_, response) => response.end('HTTP/1.1'))
  const secure = createTls(tls, report, pace)
  const server: Server = secure.createServer(
    { http2: http2.take, http1: (socket) => http1.emit('connection', socket) },
    limits,
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    stop: async (deadline = 2000) => {
      secure.close()
      const closed = new Promise((resolve) => server.close(resolve))
      http1.closeAllConnections()
      await http2.stop(deadline)
      await closed
      await pipeline.close(deadline)
    },
  }
}
