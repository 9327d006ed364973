import { type Failure, type ProblemType, isProblem } from 'trestle'
import { type TestClient, createTestClient } from 'trestle/testing'
import { config } from '../../examples/shop/settings.ts'
import shop from '../../examples/shop/shop.ts'
import { createDatabase, type kinds } from './database.ts'

/** The shop in this process, on a database of its own, which it fills with its first data. */
export async function createTestShop(kind: (typeof kinds)[number]): Promise<TestClient<typeof shop>> {
  const database = await createDatabase(kind)
  try {
    const test = await createTestClient(shop, { override: [[config, database.settings]] })
    const close = async (): Promise<void> => {
      await test.close()
      await database.remove()
    }
    return { ...test, close }
  } catch (error) {
    await database.remove()
    throw error
  }
}

/** The failure that a call must end with. */
export async function refusal<Code extends string, Extra>(
  call: Promise<unknown>,
  type: ProblemType<Code, Extra>,
): Promise<Failure<Code, Extra>> {
  try {
    await call
  } catch (error) {
    if (isProblem(error, type)) return error
    throw error
  }
  throw new Error(`the call was answered, and should have been refused with ${type.code}`)
}

export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const item of items) list.push(item)
  return list
}
