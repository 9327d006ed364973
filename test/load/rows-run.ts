import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { get } from 'node:http'
import path from 'node:path'

export interface RowsOptions {
  /** What is accepted. */
  readonly type: string
  readonly count: number
  /** Where rows come from: an async generator unless told, a plain one, or a list that holds them all. */
  readonly source?: 'generator' | 'iterable' | 'held'
}

export interface RowsOutcome {
  /** Rows that came. */
  readonly count: number
  readonly bytes: number
  /** Bytes that the server's memory grew by at the most, over what it had before, warmed up. */
  readonly growth: number
  /** Rows for each second of the server's CPU. */
  readonly perCpuSecond: number
}

interface Facts {
  readonly rss: number
  readonly cpu: NodeJS.CpuUsage
}

/** Bytes that the memory of the server may grow by, however many rows there are. A hundred thousand that are held need more. */
export const MOST_GROWTH = 4e6

const PAGE = 4096

/**
 * The space for what is new has its full size from the start. V8 doubles it twice in any long work, by 100 MB in all,
 * whatever that work holds; what is measured here is what rows hold.
 */
const NURSERY = ['--min-semi-space-size=16', '--max-semi-space-size=16']

/** Reads rows from a server in a process of its own, and measures what they cost it. */
export async function measureRows({ type, count, source = 'generator' }: RowsOptions): Promise<RowsOutcome> {
  const child = fork(path.join(import.meta.dirname, 'rows-server.ts'), [source], {
    execArgv: ['--conditions=trestle-source', '--expose-gc', '--disable-warning=ExperimentalWarning', ...NURSERY],
    env: { ...process.env, NODE_ENV: 'production' },
  })
  try {
    const [{ port }] = (await once(child, 'message')) as [{ port: number }]
    const read = (rows: number) => readRows(`http://127.0.0.1:${port}/rows?count=${rows}`, type)
    for (let i = 0; i < 3; i++) await read(20_000)
    const before = await factsOf(child)
    let most = before.rss
    const watch = setInterval(() => {
      most = Math.max(most, memoryOf(child))
    }, 10)
    const got = await read(count)
    clearInterval(watch)
    const { cpu } = await factsOf(child)
    const took = cpu.user + cpu.system - before.cpu.user - before.cpu.system
    return { ...got, growth: most - before.rss, perCpuSecond: Math.round(count / (took / 1e6)) }
  } finally {
    child.kill('SIGKILL')
  }
}

async function factsOf(child: ChildProcess): Promise<Facts> {
  const answer = once(child, 'message')
  child.send('facts')
  return (await answer)[0] as Facts
}

function memoryOf(child: ChildProcess): number {
  return Number(readFileSync(`/proc/${child.pid}/statm`, 'latin1').split(' ')[1]) * PAGE
}

/** Counts rows, and holds none. */
async function readRows(url: string, type: string): Promise<{ count: number; bytes: number }> {
  const [reply] = await once(get(url, { headers: { accept: type } }), 'response')
  let bytes = 0
  let ends = 0
  for await (const piece of reply as AsyncIterable<Buffer>) {
    bytes += piece.length
    // What each row ends with, and no value of them holds.
    const end = type === 'application/json' ? '}' : '\n'
    for (let at = piece.indexOf(end); at !== -1; at = piece.indexOf(end, at + 1)) ends++
  }
  return { bytes, count: type === 'text/csv' ? ends - 1 : ends }
}
