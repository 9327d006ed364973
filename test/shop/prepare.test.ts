import { Worker } from 'node:worker_threads'
import { afterEach, expect, it } from 'vitest'
import { createTestClient } from 'trestle/testing'
import { type ShopSettings, config } from '../../examples/shop/settings.ts'
import shop from '../../examples/shop/shop.ts'
import { prepareDatabase } from '../../examples/shop/store.ts'
import { type TestDatabase, createDatabase } from './database.ts'

let database: TestDatabase | undefined

afterEach(async () => {
  await database?.remove()
  database = undefined
})

it('fills an empty SQLite database once, though six threads make it ready at the same moment', async () => {
  // Whether they meet is chance; in six rounds they do.
  for (let round = 0; round < 6; round++) {
    database = await createDatabase('SQLite')
    const { settings } = database
    const gate = new Int32Array(new SharedArrayBuffer(4))
    const workerData = { databaseFile: settings.databaseFile, gate, workers: 6 }
    await Promise.all(Array.from({ length: 6 }, () => ended(workerData)))
    await expectOneShop(settings)
    await database.remove()
  }
})

it('fills an empty Postgres database once, though eight connections make it ready at the same moment', async () => {
  database = await createDatabase('Postgres')
  const { settings } = database
  await Promise.all(Array.from({ length: 8 }, () => prepareDatabase(settings)))
  await expectOneShop(settings)
})

function ended(workerData: object): Promise<void> {
  return new Promise((resolve, reject) => {
    const file = new URL('./prepare-worker.ts', import.meta.url)
    const worker = new Worker(file, { workerData, execArgv: ['--conditions=trestle-source'] })
    worker.once('message', () => resolve())
    worker.once('error', reject)
    worker.once('exit', (code) => reject(new Error(`a worker ended with exit code ${code}`)))
  })
}

async function expectOneShop(settings: ShopSettings): Promise<void> {
  const { client, failures, close } = await createTestClient(shop, { override: [[config, settings]] })
  try {
    expect((await client.customers.list()).items).toHaveLength(5)
    expect((await client.products.list()).items).toHaveLength(10)
    expect((await client.orders.list()).items).toHaveLength(5)
    expect(failures).toEqual([])
  } finally {
    await close()
  }
}
