import { startMembers } from '../servers/members.ts'
import type { Bomb } from './bomb.ts'

/** What came of a bomb, sent to every kind of body at once. */
export interface Outcome {
  readonly coding: string
  /** Bytes that were sent for each. */
  readonly size: number
  readonly statuses: readonly number[]
  /** Bytes by which the process had grown at most while it had them. */
  readonly growth: number
  /** Milliseconds for all of them. */
  readonly took: number
  /** Milliseconds for which another request waited at most meanwhile. */
  readonly stall: number
}

const PATHS: Readonly<Record<string, string>> = {
  '/json': 'application/json',
  '/text': 'text/plain',
  '/bytes': 'application/octet-stream',
  '/stream': 'application/octet-stream',
}

interface Memory {
  readonly now: number
  readonly most: number
}

/** Sends bombs to a process of their own, each to each kind of body at once. */
export async function sendBombs(bombs: readonly Bomb[]): Promise<readonly Outcome[]> {
  const { ports, stop } = await startMembers(new URL('./server.ts', import.meta.url), [[]])
  const origin = `http://127.0.0.1:${ports[0]}`
  const memory = async (): Promise<Memory> => (await (await fetch(`${origin}/memory`)).json()) as Memory
  const send = async (path: string, { coding, body }: Bomb): Promise<number> => {
    const headers = { 'content-type': PATHS[path] as string, 'content-encoding': coding }
    const reply = await fetch(`${origin}${path}`, { method: 'POST', headers, body })
    await reply.arrayBuffer()
    return reply.status
  }
  const all = (bomb: Bomb) => Promise.all(Object.keys(PATHS).map((path) => send(path, bomb)))
  try {
    const outcomes: Outcome[] = []
    // Two rounds: the code that runs, and the room that the heap keeps, are no growth by bombs.
    for (const isMeasured of [false, true]) {
      for (const bomb of bombs) {
        const before = await memory()
        const from = performance.now()
        let over = false
        const watching = watch(() => over, memory)
        const statuses = await all(bomb)
        over = true
        const took = performance.now() - from
        const { stall, most } = await watching
        const { most: last } = await memory()
        const growth = Math.max(most, last) - before.now
        if (isMeasured)
          outcomes.push({ coding: bomb.coding, size: bomb.body.byteLength, statuses, growth, took, stall })
      }
    }
    return outcomes
  } finally {
    await stop()
  }
}

/** Asks for something else meanwhile, again and again. */
async function watch(
  isOver: () => boolean,
  memory: () => Promise<Memory>,
): Promise<{ readonly stall: number; readonly most: number }> {
  let stall = 0
  let most = 0
  while (!isOver()) {
    const from = performance.now()
    most = Math.max(most, (await memory()).most)
    stall = Math.max(stall, performance.now() - from)
  }
  return { stall, most }
}
