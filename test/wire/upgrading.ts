import { type Socket, connect } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { api, get, post, text } from 'trestle'
import { type ServeOptions, type Upgrade, serve } from 'trestle/node'
import { onTestFinished } from 'vitest'

/** A server that gives connections away, for as long as a test lasts. */
interface Upgrading {
  readonly port: number
  /** What it reported. */
  readonly told: readonly unknown[]
  readonly stop: () => Promise<void>
}

export const SWITCHES = 'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: shout\r\n\r\n'

const app = api({
  hello: get('/hello/{name}', ({ params }) => ({ hello: params.name })),
  slow: get('/slow', async () => {
    await pause(50)
    return 'slow'
  }),
  long: get('/long', () => 'x'.repeat(20_000_000)),
  live: get('/live', ({ request }) => `no upgrade: ${request.header('upgrade') ?? 'none'}`),
  echo: post('/echo', { body: text() }, ({ body }) => body.length),
})

export async function start(upgrade: Upgrade, options: Partial<ServeOptions> = {}): Promise<Upgrading> {
  const told: unknown[] = []
  const { port, stop } = await serve(app, {
    ...{ port: 0, host: '127.0.0.1', quiet: true, signals: false, deadline: 1000, upgrade },
    report: (error: unknown) => told.push(error),
    ...options,
  })
  onTestFinished(stop)
  return { port, told, stop }
}

/** Connects, for as long as the test lasts: of two who go at its end, callers go first. */
export function call(port: number): Socket {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true }).on('error', () => {})
  onTestFinished(() => void socket.destroy())
  return socket
}

/** A request for another protocol. */
export function ask(more = '', path = '/live'): string {
  return `GET ${path} HTTP/1.1\r\nhost: a\r\nconnection: keep-alive, Upgrade\r\nupgrade: shout\r\n${more}\r\n`
}
