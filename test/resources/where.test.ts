import { eq, gt, gte, lt, ne, sql } from 'drizzle-orm'
import { type Dependency, api, depends, group } from 'trestle'
import { type AnyDatabase, resource, where } from 'trestle/resources'
import { createTestClient } from 'trestle/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { type Opened, type Tables, onBothDatabases } from './databases.ts'

type Folders = Tables['folders']

function folders({ tables: { folders }, db }: Opened) {
  return resource(folders, {
    db,
    filter: ['owner'],
    sort: ['name'],
    export: true,
    where: {
      half: where(z.enum(['first', 'second', 'both']), (half, { id }: Folders) =>
        half === 'both' ? undefined : half === 'first' ? lt(id, 3) : gte(id, 3),
      ),
      called: where(z.string().min(1).max(20), (name, { name: column }: Folders) => eq(column, name)),
      since: where(
        z.codec(z.iso.date(), z.date(), { decode: (text) => new Date(text), encode: (date) => date.toISOString() }),
        (date, { id }: Folders) => gte(id, date.getUTCFullYear() - 2000),
      ),
    },
  })
}

onBothDatabases('fields of a list that the API says', (opened) => {
  let started: Awaited<ReturnType<typeof start>>
  const start = () => createTestClient(api({ folders: group('/folders', folders(opened())) }))

  beforeAll(async () => {
    started = await start()
    await opened().run(sql`insert into folders (id, owner, name) values
      (1, 'ann', 'one'), (2, 'bob', 'two'), (3, 'ann', 'three'), (4, 'bob', 'o''neill')`)
  })
  afterAll(() => started.close())

  test('are told where one is misspelt, once, and so are the comparisons of a column', async () => {
    const reply = await started.fetch('/folders?owner[like]=a&hlf=first&caled=x&sort=name,nme')
    expect((await reply.json()).errors).toEqual([
      {
        pointer: '/query/owner',
        code: 'unrecognized_key',
        message: expect.stringMatching(/^Is not compared so: there are owner, owner\[ne\], .*owner\[contains\]/),
      },
      { pointer: '/query', code: 'unrecognized_keys', message: expect.stringMatching(/there are .*owner\[…\], half/) },
      { pointer: '/query/sort/0', code: 'invalid_value', message: 'Must be one of name, -name' },
    ])
  })

  const ids = async (query: string): Promise<number[]> => {
    const reply = await started.fetch(`/folders?${query}`)
    expect(reply.status).toBe(200)
    return (await reply.json()).items.map(({ id }: { id: number }) => id)
  }

  test('narrow it, beside the others', async () => {
    expect(await ids('half=first')).toEqual([1, 2])
    expect(await ids('half=second&owner=ann')).toEqual([3])
    expect(await ids('half=both')).toEqual([1, 2, 3, 4])
    expect(await ids('half=second&called=three&sort=-name')).toEqual([3])
    expect(await ids('since=2003-05-01')).toEqual([3, 4])
  })

  test('narrow what is exported as well', async () => {
    const reply = await started.fetch('/folders/export?half=second', { headers: { accept: 'text/csv' } })
    const [, ...lines] = (await reply.text()).trimEnd().split(/\r?\n/)
    expect(lines.map((line) => line[0])).toEqual(['3', '4'])
  })

  test('take their values as parameters, whatever they are', async () => {
    opened().queries.length = 0
    expect(await ids(`called=${encodeURIComponent("o'neill")}`)).toEqual([4])
    expect(await ids(`called=${encodeURIComponent("' or 1=1 --")}`)).toEqual([])
    expect(await ids('called=$1')).toEqual([])
    expect(new Set(opened().queries).size).toBe(1)
    expect(opened().queries.join()).not.toContain('neill')
  })

  test('belong to the page that comes next', async () => {
    const first = await (await started.fetch('/folders?half=both&limit=2')).json()
    expect(await ids(`half=both&limit=2&cursor=${first.next_cursor}`)).toEqual([3, 4])
    const other = await started.fetch(`/folders?half=second&cursor=${first.next_cursor}`)
    expect([other.status, (await other.json()).code]).toEqual([400, 'invalid_cursor'])
  })

  test('are held to their schemas', async () => {
    const reply = await started.fetch('/folders?half=third&called=')
    const { errors } = await reply.json()
    expect(reply.status).toBe(422)
    expect(errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual(['/query/half', '/query/called'])
  })

  test('say what their column cannot be compared with, where their schema does not', async () => {
    const { dialect, db, tables } = opened()
    const own = {
      after: where(z.int(), (after, { id }: Folders) => gt(id, after)),
      // What is wrong with a row is none of the caller's.
      numbered: where(z.int(), (number, { name }: Folders) => sql`cast(${name} as int) = ${number}`),
    }
    const { fetch, close } = await createTestClient(
      api({ folders: group('/folders', resource(tables.folders, { db, export: true, where: own })) }),
    )
    for (const path of ['/folders', '/folders/export']) {
      const reply = await fetch(`${path}?after=3000000000`)
      const body = await reply.json()
      if (dialect === 'sqlite') expect(reply.status).toBe(200)
      else expect([reply.status, body.errors]).toMatchObject([422, [{ pointer: '/query/after', code: 'refused' }]])
      const failed = await fetch(`${path}?numbered=1`)
      await failed.text()
      expect(failed.status).toBe(dialect === 'sqlite' ? 200 : 500)
      const found = await (await fetch(`${path}?after=3`)).json()
      expect(found.items ?? found).toMatchObject([{ id: 4 }])
    }
    await close()
  })

  test('hold no NUL, which no text of Postgres does', async () => {
    for (const path of ['/folders', '/folders/export']) {
      const reply = await started.fetch(`${path}?called=a%00b`)
      expect([reply.status, (await reply.json()).errors[0].pointer]).toEqual([422, '/query/called'])
    }
  })

  test.each([
    ['q', 'the list has a field q already'],
    ['cursor', 'the list has a field cursor already'],
    ['owner', 'the list has a field owner already'],
    ['owner[ne]', 'the list has a field owner[ne] already'],
  ])('are not called %s', (name, message) => {
    const db: Dependency<AnyDatabase> = depends({}, () => ({}) as never, { scope: 'app' })
    const own = { [name]: where(z.string(), (value, { owner }: Folders) => ne(owner, value)) }
    expect(() => resource(opened().tables.folders, { db, filter: ['owner'], where: own })).toThrow(
      `resource(folders): "where" names ${name}, and ${message}: call it otherwise`,
    )
  })
})
