import { Client, type ClientOptions, type Tally } from './client.ts'
import { createFolder, runTrestle } from './program.ts'

/** What the clients of a rolling restart ask for. */
const API = `import { api, get, post, stream } from 'trestle'
import { z } from 'zod'
const pieces = Array.from({ length: 20 }, (_, index) => 'piece ' + index + '\\n')
export default api({
  hello: get('/hello', () => ({ hello: 'you', pid: process.pid })),
  order: post('/orders', { body: z.object({ items: z.array(z.int()) }) }, ({ body }) => ({ items: body.items.length })),
  slow: get('/slow', async () => {
    await new Promise((resolve) => setTimeout(resolve, 150))
    return { hello: 'you' }
  }),
  numbers: get('/numbers', { returns: stream('text/plain') }, async function* () {
    for (const piece of pieces) {
      yield piece
      await new Promise((resolve) => setTimeout(resolve, 25))
    }
  }),
})
`

type Kind = Omit<ClientOptions, 'port'> & { readonly name: string; readonly clients: number }

const hello = { path: '/hello', whole: (body: string) => body.includes('"hello":"you"') }
const KINDS: readonly Kind[] = [
  { name: 'kept connections, no pause', clients: 3, keepAlive: true, pause: 0, ...hello },
  { name: 'kept connections, 10 ms apart', clients: 4, keepAlive: true, pause: 10, ...hello },
  { name: 'kept connections, 300 ms apart', clients: 4, keepAlive: true, pause: 300, ...hello },
  { name: 'a connection for each request', clients: 3, keepAlive: false, pause: 1, ...hello },
  { name: 'slow replies', clients: 2, keepAlive: true, pause: 5, ...hello, path: '/slow' },
  {
    name: 'bodies',
    clients: 2,
    keepAlive: true,
    pause: 5,
    path: '/orders',
    method: 'POST',
    body: JSON.stringify({ items: Array.from({ length: 100 }, (_, index) => index) }),
    whole: (body) => body === '{"items":100}',
  },
  {
    name: 'streams',
    clients: 4,
    keepAlive: true,
    pause: 5,
    path: '/numbers',
    whole: (body) => body.endsWith('piece 19\n') && body.split('\n').length === 21,
  },
]

export interface RollingOptions {
  readonly restarts: number
  readonly workers: number
  readonly args?: readonly string[]
  readonly env?: Record<string, string>
  readonly progress?: (done: number, so: { readonly requests: number; readonly failures: readonly string[] }) => void
}

export interface Outcome {
  readonly restarts: number
  readonly replaced: number
  readonly seconds: number
  /** The restart that took longest, in milliseconds. */
  readonly longest: number
  readonly kinds: readonly (Tally & { readonly name: string; readonly clients: number })[]
  readonly failures: readonly string[]
  readonly exitCode: number | null
}

/** Replaces all workers of a server a number of times, under clients of every kind. */
export async function rollingRestarts(options: RollingOptions): Promise<Outcome> {
  const { restarts, workers, args = [], env = {}, progress } = options
  const folder = await createFolder()
  await folder.write('app.ts', API)
  const program = runTrestle(folder, ['start', 'app.ts', '--workers', String(workers), ...args], env)
  try {
    const [, port = ''] = await program.says(/Listening on http:\/\/localhost:(\d+) with/)
    const kinds = KINDS.map((kind) => ({
      ...kind,
      all: Array.from({ length: kind.clients }, () => new Client({ ...kind, port: Number(port) })),
    }))
    const began = performance.now()
    const seen = new Set<number>()
    let longest = 0
    for (let done = 1; done <= restarts; done++) {
      for (const pid of await program.workers()) seen.add(pid)
      const from = program.output().length
      const asked = performance.now()
      program.signal('SIGHUP')
      await program.says(/Reloaded/, from)
      longest = Math.max(longest, performance.now() - asked)
      if (done % 10 === 0) progress?.(done, totalOf(kinds.flatMap(({ all }) => all.map(({ tally }) => tally))))
    }
    const seconds = (performance.now() - began) / 1000
    const ends = await Promise.all(
      kinds.map(async ({ name, clients, all }) => ({
        name,
        clients,
        ...totalOf(await Promise.all(all.map((one) => one.stop()))),
      })),
    )
    program.signal('SIGTERM')
    const exitCode = await program.ended
    return {
      restarts,
      replaced: seen.size,
      seconds,
      longest,
      kinds: ends,
      failures: ends.flatMap(({ failures }) => failures),
      exitCode,
    }
  } finally {
    program.signal('SIGKILL')
    await folder.remove()
  }
}

function totalOf(tallies: readonly Tally[]): Tally {
  return {
    requests: tallies.reduce((sum, { requests }) => sum + requests, 0),
    failures: tallies.flatMap(({ failures }) => failures),
    slowest: Math.max(...tallies.map(({ slowest }) => slowest)),
  }
}
