import { Agent, type ClientRequest, type IncomingMessage, request } from 'node:http'

/** What a client has seen: every request that it sent, and each that was not answered whole, with the reason. */
export interface Tally {
  requests: number
  readonly failures: string[]
  /** The slowest reply, in milliseconds. */
  slowest: number
}

export interface ClientOptions {
  readonly port: number
  readonly path: string
  readonly method?: 'GET' | 'POST'
  readonly body?: string
  /** True for one connection for all requests, as long as the server leaves it open; false for one for each. */
  readonly keepAlive: boolean
  /** Milliseconds between a reply and the next request. */
  readonly pause: number
  /** Whether a body is whole. */
  readonly whole: (body: string) => boolean
}

/** Milliseconds after which a reply is taken for lost. */
const PATIENCE = 15_000

/**
 * Sends one request after the other, and none a second time: what a connection that is closed at the wrong moment
 * costs shows as a failure.
 */
export class Client {
  readonly tally: Tally = { requests: 0, failures: [], slowest: 0 }
  readonly #options: ClientOptions
  readonly #agent: Agent
  #running = true
  readonly #done: Promise<void>

  constructor(options: ClientOptions) {
    this.#options = options
    this.#agent = new Agent({ keepAlive: options.keepAlive, maxSockets: 1 })
    this.#done = this.#run()
  }

  /** Ends after the request under way. */
  async stop(): Promise<Tally> {
    this.#running = false
    await this.#done
    this.#agent.destroy()
    return this.tally
  }

  async #run(): Promise<void> {
    const { pause, path } = this.#options
    while (this.#running) {
      const began = performance.now()
      this.tally.requests++
      try {
        await this.#send()
      } catch (error) {
        const { code, message } = error as NodeJS.ErrnoException
        this.tally.failures.push(`${path} ${this.#options.keepAlive ? 'kept' : 'new'} ${code ?? ''} ${message}`)
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
      this.tally.slowest = Math.max(this.tally.slowest, performance.now() - began)
      await new Promise((resolve) => (pause === 0 ? setImmediate(resolve) : setTimeout(resolve, pause)))
    }
  }

  #send(): Promise<void> {
    const { port, path, method = 'GET', body, whole } = this.#options
    return new Promise((resolve, reject) => {
      const headers = body === undefined ? {} : { 'content-type': 'application/json', 'content-length': body.length }
      const sent: ClientRequest = request({ host: '127.0.0.1', port, path, method, headers, agent: this.#agent })
      const timer = setTimeout(() => sent.destroy(new Error(`no whole reply within ${PATIENCE} ms`)), PATIENCE)
      const end = (error?: Error): void => {
        clearTimeout(timer)
        if (error === undefined) resolve()
        else reject(error)
      }
      sent.once('error', end)
      sent.once('response', (reply: IncomingMessage) => {
        let text = ''
        reply.setEncoding('utf8')
        reply.on('data', (piece: string) => {
          text += piece
        })
        reply.once('error', end)
        reply.once('end', () => {
          if (reply.statusCode !== 200) return end(new Error(`status ${reply.statusCode}`))
          return whole(text) ? end() : end(new Error(`a reply that is not whole: ${text.slice(0, 80)}`))
        })
      })
      sent.end(body)
    })
  }
}
