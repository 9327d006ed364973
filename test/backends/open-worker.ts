/** Opens databases that do not exist yet, each when all other threads do. `workerData`: the files, a count of who is there, how many come. */
import { parentPort, workerData } from 'node:worker_threads'
import { openDatabase } from '../../src/backends/sqlite/database.ts'

const { files, arrived, threads } = workerData as {
  readonly files: readonly string[]
  readonly arrived: Int32Array
  readonly threads: number
}

const failures: string[] = []
for (const [round, file] of files.entries()) {
  Atomics.add(arrived, 0, 1)
  while (Atomics.load(arrived, 0) < (round + 1) * threads);
  try {
    openDatabase(file, ['CREATE TABLE made (id INTEGER)']).close()
  } catch (error) {
    failures.push(String(error))
  }
}
parentPort?.postMessage(failures)
