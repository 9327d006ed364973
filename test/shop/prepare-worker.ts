/** Makes databases ready, each at the same moment as the other workers that share `gates`. */
import { parentPort, workerData } from 'node:worker_threads'
import { Secret } from 'trestle/settings'
import { prepareDatabase } from '../../examples/shop/store.ts'

const { files, gates, workers } = workerData as {
  readonly files: readonly string[]
  /** One for each file: how many workers have come to it. */
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
  Atomics.add(gates, index, 1)
  // Not Atomics.wait: threads that are woken start one after the other, and these are to meet.
  while (Atomics.load(gates, index) < workers) {}
  await prepareDatabase({ ...settings, databaseFile })
}
parentPort?.postMessage('ready')
