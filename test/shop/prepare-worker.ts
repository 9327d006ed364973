/** Makes databases ready, each at the same moment as the other workers that share `gates`. */
import { parentPort, workerData } from 'node:worker_threads'
import { Secret } from 'trestle/settings'
import { prepareDatabase } from '../../examples/shop/store.ts'

const { files, gates, workers } = workerData as {
  readonly files: readonly string[]
  /** Two for each file: how many workers have come to it, and how many of those know that all have. */
  readonly gates: Int32Array<SharedArrayBuffer>
  readonly workers: number
}

const settings = {
  port: 0,
  backend: undefined,
  databaseUrl: undefined,
  loginKey: new Secret('signs nothing here, and is long enough'),
  staffPassword: new Secret('for the staff of tests'),
  customerPassword: undefined,
}

for (const [index, databaseFile] of files.entries()) {
  const [here, ready] = [2 * index, 2 * index + 1]
  let count = Atomics.add(gates, here, 1) + 1
  // They wait without keeping a core from the one that is not here yet.
  for (; count < workers; count = Atomics.load(gates, here)) Atomics.wait(gates, here, count, 5)
  // Threads that are woken start one after the other, and these are to meet.
  Atomics.add(gates, ready, 1)
  while (Atomics.load(gates, ready) < workers) {}
  await prepareDatabase({ ...settings, databaseFile })
}
parentPort?.postMessage('ready')
