import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import path from 'node:path'

/** What a process holds, after its garbage is collected. */
export interface Facts {
  /** Bytes. */
  readonly rss: number
  readonly heap: number
  /** Bytes outside the heap that objects of it own. */
  readonly external: number
  /** Open file descriptors. */
  readonly files: number
  /** What keeps its event loop going, counted by kind: sockets, timers. */
  readonly resources: Readonly<Record<string, number>>
  /** Failures that were told so far. */
  readonly reports: number
}

/** A server under load, in a process of its own. */
export interface Subject {
  readonly port: number
  readonly facts: () => Promise<Facts>
  /** Bytes of memory that it has now, garbage and all. */
  readonly memory: () => number
  /** The callers whose sockets it has not closed, by their ports, and the octets on their way to each. */
  readonly holds: () => Holders
  readonly stop: () => Promise<void>
}

export type Holders = ReadonlyMap<number, number>

/** True where the system tells of another process what is measured here. */
export const canMeasure: boolean = process.platform === 'linux'

const PAGE = 4096

/**
 * Starts a server.
 *
 * @param options those of `serve` that are plain data.
 */
export async function startSubject(options: object = {}): Promise<Subject> {
  const child = fork(path.join(import.meta.dirname, 'subject-server.ts'), [JSON.stringify(options)], {
    execArgv: ['--conditions=trestle-source', '--expose-gc', '--disable-warning=ExperimentalWarning'],
    env: { ...process.env, NODE_ENV: 'production' },
  })
  const { port } = await answer<{ port: number }>(child)
  return {
    port,
    facts: () => {
      child.send('facts')
      return answer<Facts>(child)
    },
    memory: () => Number(readFileSync(`/proc/${child.pid}/statm`, 'latin1').split(' ')[1]) * PAGE,
    holds: () => holdersOf(port),
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    },
  }
}

async function answer<T>(child: ChildProcess): Promise<T> {
  const ended = new AbortController()
  const failed = once(child, 'exit', { signal: ended.signal }).then(() => {
    throw new Error(`the server ended with ${child.exitCode ?? child.signalCode}`)
  })
  try {
    const [message] = (await Promise.race([once(child, 'message', { signal: ended.signal }), failed])) as [T]
    return message
  } finally {
    failed.catch(() => {})
    ended.abort()
  }
}

/**
 * Reads the system's table of connections. What a process has closed has no inode there, however long the system
 * itself still sends of it: this is what the server holds, whatever its callers notice.
 */
function holdersOf(port: number): Holders {
  const holders = new Map<number, number>()
  for (const line of readFileSync('/proc/net/tcp', 'latin1').split('\n').slice(1)) {
    const [, local, remote, state, queues, , , , , inode] = line.trim().split(/\s+/)
    if (local === undefined || remote === undefined || inode === '0' || state === LISTEN) continue
    if (portOf(local) === port) holders.set(portOf(remote), Number.parseInt(queues as string, 16))
  }
  return holders
}

const LISTEN = '0A'

function portOf(address: string): number {
  return Number.parseInt(address.slice(address.indexOf(':') + 1), 16)
}
