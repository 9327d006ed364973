import { type Failure, type ProblemType, isProblem } from 'trestle'
import { createClient } from 'trestle/client'
import { type TestClient, createTestClient } from 'trestle/testing'
import { config } from '../../examples/shop/settings.ts'
import shop from '../../examples/shop/shop.ts'
import { type TestDatabase, createDatabase, type kinds, passwords } from './database.ts'

type Client = TestClient<typeof shop>['client']

/** The shop in this process, on a database of its own, which it fills with its first data. */
export interface TestShop extends TestClient<typeof shop> {
  readonly database: TestDatabase
  /** `Authorization` of who logs in by this name, with the password of the tests. */
  readonly login: (username: string, password?: string) => Promise<{ readonly authorization: string }>
}

/** Its `client` is that of the manager, and its `fetch` that of anybody. */
export async function createTestShop(kind: (typeof kinds)[number]): Promise<TestShop> {
  const database = await createDatabase(kind)
  try {
    const test = await createTestClient(shop, { override: [[config, database.settings]] })
    const close = async (): Promise<void> => {
      await test.close()
      await database.remove()
    }
    const login: TestShop['login'] = (username, password) => logIn(test.client, username, password)
    return { ...test, client: test.as(await login('mira')), close, database, login }
  } catch (error) {
    await database.remove()
    throw error
  }
}

/** `Authorization` of who logs in by this name: with the password of the tests unless told. */
export async function logIn(
  client: Client,
  username: string,
  password: string = username.includes('@') ? passwords.customers : passwords.staff,
): Promise<{ readonly authorization: string }> {
  const { access_token } = await client.session.login({ body: { username, password } })
  return { authorization: `Bearer ${access_token}` }
}

/** A client of the shop at this address, for the manager. */
export async function staffClient(url: string): Promise<Client> {
  return createClient<typeof shop>(url, {
    contract: shop,
    headers: await logIn(createClient<typeof shop>(url), 'mira'),
  })
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
