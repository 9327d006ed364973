import { sql } from 'drizzle-orm'
import type { Pool, PoolClient } from 'pg'
import { api, group } from 'trestle'
import { serve } from 'trestle/node'
import { compression, etag } from 'trestle/policies'
import { resource } from 'trestle/resources'
import { createTestClient } from 'trestle/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Opened, onBothDatabases, openPostgres } from './databases.ts'

interface Page {
  items: readonly { readonly id: number; readonly name: string }[]
  next_cursor: string | null
}

onBothDatabases('a page is to hooks of its group what any other is', (opened) => {
  beforeAll(async () => {
    await opened()
      .database.insert(opened().tables.branches)
      .values([{ name: 'North' }, { name: 'South' }])
  })
  const told: unknown[] = []
  test.each([
    ['looked at', (page: Page) => void told.push(page.items.length), ['North', 'South'], null],
    ['written as JSON', (page: Page) => void told.push(JSON.parse(JSON.stringify(page))), ['North', 'South'], null],
    ['spread', (page: Page) => ({ ...page, next_cursor: 'x' }), ['North', 'South'], 'x'],
    [
      'changed in place',
      (page: Page) => {
        page.items = page.items.filter(({ name }) => name === 'South')
        page.next_cursor = 'x'
      },
      ['South'],
      'x',
    ],
  ])('%s', async (_, hook, names, cursor) => {
    told.length = 0
    const { tables, db } = opened()
    const endpoints = resource(tables.branches, { db })
    const after = (_context: unknown, page: unknown) => hook(page as Page)
    const { client, close } = await createTestClient(
      api({ branches: group('/branches', { after: [after] }, { list: endpoints.list }) }),
    )
    const { items, next_cursor } = await client.branches.list()
    expect([items.map(({ name }) => name), next_cursor]).toEqual([names, cursor])
    for (const one of told) {
      if (typeof one === 'number') expect(one).toBe(2)
      else
        expect(one).toEqual({
          items: [
            { id: expect.any(Number), name: 'North' },
            { id: expect.any(Number), name: 'South' },
          ],
          next_cursor: null,
        })
    }
    await close()
  })
})

describe('an export by COPY', () => {
  let opened: Opened
  let origin: string
  let stop: () => Promise<void>
  const connections: PoolClient[] = []
  const pool = () => (opened.database as unknown as { readonly $client: Pool }).$client
  beforeAll(async () => {
    opened = await openPostgres()
    const { tables, db } = opened
    pool().on('connect', (client) => void connections.push(client))
    await opened.run(
      sql`insert into branches (name) select 'branch ' || i || repeat('x', 200) from generate_series(1, 100000) i`,
    )
    const endpoints = resource(tables.branches, { db, export: true })
    const given = api(
      { policies: [compression()] },
      {
        plain: group('/plain', { export: endpoints.export }),
        tagged: group('/tagged', { policies: [etag()] }, { export: endpoints.export }),
      },
    )
    const server = await serve(given, { port: 0, host: '127.0.0.1', quiet: true, signals: false })
    origin = `http://127.0.0.1:${server.port}`
    stop = () => server.stop()
  }, 60_000)
  afterAll(async () => {
    await stop()
    await opened.close()
  })
  /** Nothing is held, and nothing copies any more. */
  const expectReleased = async () => {
    await expect.poll(() => pool().totalCount - pool().idleCount).toBe(0)
    const active = sql`select 1 from pg_stat_activity where state = 'active' and query like 'copy%'`
    await expect.poll(async () => (await opened.run(active)).length).toBe(0)
  }

  test.each([
    ['HEAD', '/plain', {}],
    ['HEAD', '/tagged', {}],
    ['GET', '/tagged', { 'if-none-match': '*' }],
    ['OPTIONS', '/plain', {}],
  ])('gives its connection back where nothing of it is sent: %s %s %j', async (method, path, headers) => {
    const reply = await fetch(`${origin}${path}/export`, { method, headers: headers as Record<string, string> })
    expect(await reply.text()).toBe('')
    await expectReleased()
  })

  test.each(['identity', 'gzip', 'br', 'zstd'])('gives it back where its caller leaves: %s', async (coding) => {
    const leaving = new AbortController()
    const headers = { 'accept-encoding': coding }
    const reply = await fetch(`${origin}/plain/export`, { headers, signal: leaving.signal })
    await reply.body?.getReader().read()
    leaving.abort()
    await expectReleased()
  })

  test('breaks off where the connection breaks, and the server goes on', async () => {
    const reply = await fetch(`${origin}/plain/export`, { headers: { 'accept-encoding': 'identity' } })
    const reader = reply.body?.getReader()
    await reader?.read()
    for (const client of connections) {
      const { connection } = client as unknown as { connection: { stream: { destroy(error: Error): void } } }
      connection.stream.destroy(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }))
    }
    await expect(
      (async () => {
        while (!(await reader?.read())?.done);
      })(),
    ).rejects.toThrow()
    await expectReleased()
    expect((await fetch(`${origin}/plain/export`, { method: 'HEAD' })).status).toBe(200)
  })
})
