import { Connection } from './connection.ts'

export const CONNECTIONS = 32

/** Milliseconds after which a run that has not ended is given up. */
const PATIENCE = 60_000

/** Some keep-alive connections to one server, each with one request under way at a time. */
export interface Load {
  /**
   * Sends `count` requests, taking `requests` in turn, and waits for all replies.
   *
   * @param times gets the milliseconds of each request.
   * @returns milliseconds it took.
   * @throws where a reply has another status, a connection fails, or a minute passes.
   */
  run(requests: readonly Buffer[], status: number, count: number, times?: number[]): Promise<number>
  /**
   * Sends a request at `rate` a second, whether or not those before it are answered, and waits for all replies.
   *
   * @returns milliseconds from when each was to be sent until its reply was there.
   */
  paced(request: Buffer, status: number, count: number, rate: number): Promise<number[]>
}

/**
 * Opens connections, puts them to use and closes them. Not to be kept between uses: servers close
 * connections that are idle for some seconds.
 */
export async function withLoad<T>(port: number, use: (load: Load) => Promise<T>): Promise<T> {
  const open = await Promise.all(Array.from({ length: CONNECTIONS }, () => Connection.open(port)))
  try {
    return await use({
      run: (requests, status, count, times) => run(open, requests, status, count, times),
      paced: (request, status, count, rate) => paced(open, request, status, count, rate),
    })
  } finally {
    for (const connection of open) connection.close()
  }
}

function run(
  connections: readonly Connection[],
  requests: readonly Buffer[],
  expected: number,
  count: number,
  times: number[] | undefined,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const started = performance.now()
    let sent = 0
    let answered = 0
    const timer = setTimeout(() => reject(new Error(`${answered} of ${count} replies after a minute`)), PATIENCE)
    const begun = new Map<Connection, number>()
    const next = (connection: Connection): void => {
      if (times !== undefined) begun.set(connection, performance.now())
      connection.send(requests[sent % requests.length] as Buffer)
      sent++
    }
    const fail = (error: Error): void => {
      clearTimeout(timer)
      reject(error)
    }
    for (const connection of connections) {
      connection.onFailure = fail
      connection.onReply = (status) => {
        if (status !== expected) return fail(new Error(`status ${status} where ${expected} was expected`))
        answered++
        times?.push(performance.now() - (begun.get(connection) as number))
        if (sent < count) next(connection)
        else if (answered === count) {
          clearTimeout(timer)
          resolve(performance.now() - started)
        }
      }
      if (sent < count) next(connection)
    }
  })
}

function paced(
  connections: readonly Connection[],
  request: Buffer,
  expected: number,
  count: number,
  rate: number,
): Promise<number[]> {
  return new Promise((resolve, reject) => {
    const started = performance.now()
    const times: number[] = []
    const free = [...connections]
    const due = (index: number): number => started + (index * 1000) / rate
    let sent = 0
    const end = (error?: Error): void => {
      clearTimeout(patience)
      clearInterval(clock)
      if (error === undefined) resolve(times)
      else reject(error)
    }
    const send = (): void => {
      while (sent < count && free.length > 0 && due(sent) <= performance.now()) {
        const connection = free.pop() as Connection
        const intended = due(sent++)
        connection.onFailure = end
        connection.onReply = (status) => {
          if (status !== expected) return end(new Error(`status ${status} where ${expected} was expected`))
          times.push(performance.now() - intended)
          free.push(connection)
          if (times.length === count) end()
          else send()
        }
        connection.send(request)
      }
    }
    const clock = setInterval(send, 1)
    const patience = setTimeout(() => end(new Error(`${times.length} of ${count} replies after a minute`)), PATIENCE)
  })
}
