import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Worker } from 'node:worker_threads'
import { afterAll, beforeAll, expect, it } from 'vitest'

const THREADS = 4
const ROUNDS = 40

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'trestle-open-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

it('a new SQLite file is made once, however many open it at the same moment', { timeout: 60_000 }, async () => {
  const files = Array.from({ length: ROUNDS }, (_, round) => path.join(folder, `${round}.db`))
  const arrived = new Int32Array(new SharedArrayBuffer(4))
  const workerData = { files, arrived, threads: THREADS }
  const workers = Array.from({ length: THREADS }, () => {
    return new Worker(new URL('./open-worker.ts', import.meta.url), {
      workerData,
      execArgv: ['--conditions=trestle-source', '--disable-warning=ExperimentalWarning'],
    })
  })
  const failures = await Promise.all(workers.map(async (worker) => ((await once(worker, 'message')) as [string[]])[0]))
  expect(failures.flat()).toEqual([])
})
