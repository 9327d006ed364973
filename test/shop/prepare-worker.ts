/** Makes a shop's database ready, at the same moment as the other workers that share `gate`. */
import { parentPort, workerData } from 'node:worker_threads'
import { prepareDatabase } from '../../examples/shop/store.ts'

const { databaseFile, gate, workers } = workerData as {
  readonly databaseFile: string
  readonly gate: Int32Array<SharedArrayBuffer>
  readonly workers: number
}

if (Atomics.add(gate, 0, 1) === workers - 1) Atomics.notify(gate, 0)
for (let here = Atomics.load(gate, 0); here < workers; here = Atomics.load(gate, 0)) Atomics.wait(gate, 0, here, 5000)

await prepareDatabase({ port: 0, databaseUrl: undefined, databaseFile })
parentPort?.postMessage('ready')
