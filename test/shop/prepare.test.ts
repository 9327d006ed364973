import { Worker } from 'node:worker_threads'
import { afterEach, expect, it } from 'vitest'
import { createTestClient } from 'trestle/testing'
import { type ShopSettings, config } from '../../examples/shop/settings.ts'
import shop from '../../examples/shop/shop.ts'
import { prepareDatabase } from '../../examples/shop/store.ts'
import { type TestDatabase, createDatabase } from './database.ts'
import { logIn } from './test-shop.ts'

let database: TestDatabase | undefined

afterEach(async () => {
  await database?.remove()
  database = undefined
})

it('fills an empty SQLite database once, though four threads make it ready at the same moment', async () => {
  database = await createDatabase('SQLite')
  const { settings } = database
  // Whether they meet is chance; in ten databases they do.
  const files = Array.from({ length: 10 }, (_, index) => `${settings.databaseFile}.${index}.db`)
  const gates = new Int32Array(new SharedArrayBuffer(8 * files.length))
  const file = new URL('./prepare-worker.ts', import.meta.url)
  const options = { workerData: { files, gates, workers: 4 }, execArgv: ['--conditions=trestle-source'] }
  const workers = Array.from({ length: 4 }, () => new Worker(file, options))
  try {
    await Promise.all(workers.map(ended))
  } finally {
    // Where one has failed, the others wait for it without end.
    await Promise.all(workers.map((worker) => worker.terminate()))
  }
  for (const databaseFile of files) await expectOneShop({ ...settings, databaseFile })
}, 60_000)

it('fills an empty Postgres database once, though eight connections make it ready at the same moment', async () => {
  database = await createDatabase('Postgres')
  const { settings } = database
  await Promise.all(Array.from({ length: 8 }, () => prepareDatabase(settings)))
  await expectOneShop(settings)
})

function ended(worker: Worker): Promise<void> {
  return new Promise((resolve, reject) => {
    worker.once('message', () => resolve())
    worker.once('error', reject)
    worker.once('exit', (code) => reject(new Error(`a worker ended with exit code ${code}`)))
  })
}

async function expectOneShop(settings: ShopSettings): Promise<void> {
  const { client: anybody, as, failures, close } = await createTestClient(shop, { override: [[config, settings]] })
  try {
    const client = as(await logIn(anybody, 'mira'))
    expect((await client.customers.list()).items).toHaveLength(5)
    expect((await client.products.list()).items).toHaveLength(10)
    expect((await client.orders.list()).items).toHaveLength(5)
    expect(failures).toEqual([])
  } finally {
    await close()
  }
}
