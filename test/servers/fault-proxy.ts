import { type AddressInfo, type Server, type Socket, connect, createServer } from 'node:net'

/** What stands between a client and a server of loopback, and does what networks and servers do on bad days. */
export interface FaultProxy {
  readonly port: number
  /** What the server has sent to anybody, as it comes: for who counts its answers. */
  onReply: (chunk: Buffer, connection: object) => void
  /** All is well: octets are passed on, also those that were held back. */
  readonly pass: () => void
  /** Nobody listens, and those who are connected are cut off. */
  readonly refuse: () => Promise<void>
  /** Those who are connected are cut off; who connects again is served. */
  readonly cut: () => void
  /** What the server sends comes so many milliseconds late. */
  readonly delay: (milliseconds: number) => void
  /** Nothing is passed on, and nobody is told; who connects is taken, and hears nothing. */
  readonly freeze: () => void
  /** Those who are connected never hear anything again, and are not told; who connects now is served. */
  readonly strand: () => void
  readonly close: () => Promise<void>
}

/**
 * Passes on what comes to a port of its own.
 *
 * @param target the port of the server.
 */
export async function startFaultProxy(target: number): Promise<FaultProxy> {
  const pairs = new Set<Pair>()
  let late = 0
  let isFrozen = false
  const accept = (client: Socket): void => {
    const pair = new Pair(client, target, {
      late: () => late,
      told: (chunk) => proxy.onReply(chunk, pair),
      gone: () => pairs.delete(pair),
    })
    pairs.add(pair)
    if (isFrozen) pair.hold()
  }
  const server = createServer({ noDelay: true }, accept)
  await listen(server, 0)
  const { port } = server.address() as AddressInfo
  const cut = (): void => {
    for (const pair of pairs) pair.cut()
  }
  const refuse = async (): Promise<void> => {
    const closed = new Promise((resolve) => server.close(resolve))
    cut()
    await closed
  }
  const proxy: FaultProxy = {
    port,
    onReply: () => {},
    pass: () => {
      late = 0
      isFrozen = false
      for (const pair of pairs) pair.go()
      if (!server.listening) server.listen(port, '127.0.0.1')
    },
    refuse,
    cut,
    delay: (milliseconds) => {
      late = milliseconds
    },
    freeze: () => {
      isFrozen = true
      for (const pair of pairs) pair.hold()
    },
    strand: () => {
      for (const pair of pairs) pair.lose()
    },
    close: () => (server.listening ? refuse() : Promise.resolve(cut())),
  }
  return proxy
}

interface Ways {
  readonly late: () => number
  readonly told: (chunk: Buffer) => void
  readonly gone: () => void
}

/** A client, and the server that it thinks it speaks with. */
class Pair {
  readonly #client: Socket
  readonly #server: Socket
  #isHeld = false
  #isLost = false
  /** What is held back, in its order. */
  readonly #held: (() => void)[] = []
  /** What comes late, and how many wait for it. */
  #before: Promise<void> = Promise.resolve()
  #waiting = 0

  constructor(client: Socket, target: number, { late, told, gone }: Ways) {
    this.#client = client
    this.#server = connect({ port: target, host: '127.0.0.1', noDelay: true })
    const either = [this.#client, this.#server]
    for (const socket of either) socket.on('error', () => {})
    client.on('data', (chunk: Buffer) => this.#pass(() => this.#server.write(chunk)))
    this.#server.on('data', (chunk: Buffer) => {
      told(chunk)
      this.#later(late(), () => this.#pass(() => this.#client.write(chunk)))
    })
    client.on('close', () => {
      gone()
      this.#server.destroy()
    })
    this.#server.on('close', () => this.#pass(() => this.#client.resetAndDestroy()))
  }

  /** In order: nothing comes before what was sent before it, though the delay has changed. */
  #later(milliseconds: number, work: () => void): void {
    if (milliseconds === 0 && this.#waiting === 0) return work()
    const due = performance.now() + milliseconds
    this.#waiting++
    this.#before = this.#before.then(async () => {
      const rest = due - performance.now()
      if (rest > 0) await new Promise((resolve) => setTimeout(resolve, rest))
      this.#waiting--
      work()
    })
  }

  #pass(work: () => void): void {
    if (this.#isLost) return
    if (this.#isHeld) this.#held.push(work)
    else work()
  }

  hold(): void {
    this.#isHeld = true
  }

  go(): void {
    this.#isHeld = false
    for (const work of this.#held.splice(0)) work()
  }

  lose(): void {
    this.#isLost = true
  }

  cut(): void {
    this.#client.resetAndDestroy()
    this.#server.destroy()
  }
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
}
