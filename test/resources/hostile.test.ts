import { sql } from 'drizzle-orm'
import { api, group } from 'trestle'
import { toOpenApi } from 'trestle/openapi'
import { model, one, resource } from 'trestle/resources'
import { createTestClient } from 'trestle/testing'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type Opened, onBothDatabases } from './databases.ts'
import { RAW, TEXTS, VALUES } from './hostile-values.ts'

/** Words of databases and of their drivers, which no reply has. */
const LEAKS =
  /sqlstate|sqlite|postgres|drizzle|syntax|near "|failed query|constraint|violat|relation "|column "|operator|datatype|pg_|fts5|\bselect\b|\binsert\b|\$\d|node_modules|\.ts:|\.js:|password_hash|secret of/i

function everything(opened: Opened) {
  const { tables, db } = opened
  const names = [
    'word',
    'code',
    'size',
    'small',
    'exact',
    'number',
    'big',
    'at',
    'stamp',
    'day',
    'clock',
    'flag',
    'mood',
    'uuid',
    'fixed',
  ] as const
  const options = { db, filter: names, sort: names, sparse: true, search: ['word', 'code'] } as const
  const author = model(tables.authors, { hide: ['password_hash'] })
  return api({
    samples: group('/samples', resource(tables.samples, options)),
    pages: group('/pages', resource(tables.samples, { db, pages: 'offset', filter: ['word'] })),
    books: group(
      '/books',
      resource(model(tables.books, { version: 'version', deleted: 'deleted_at' }), {
        db,
        filter: ['status', 'title', 'author_id'],
        search: ['title'],
        expand: { author: one(author) },
      }),
    ),
    loans: group('/loans', resource(tables.loans, { db, filter: ['due', 'reader'], sort: ['due'] })),
  })
}

onBothDatabases('what nobody should send', (opened) => {
  let started: Awaited<ReturnType<typeof start>>
  let failuresBefore: number
  const start = () => createTestClient(everything(opened()))

  beforeAll(async () => {
    started = await start()
  })
  afterAll(() => started.close())
  beforeEach(async () => {
    const { run } = opened()
    for (const table of ['loans', 'books', 'authors', 'branches', 'samples'])
      await run(sql`delete from ${sql.identifier(table)}`)
    await run(sql`insert into branches (id, name) values (1, 'North')`)
    await run(sql`insert into authors (id, name, password_hash) values (1, 'Ursula', 'hunter2')`)
    const now = opened().dialect === 'postgres' ? sql`now()` : sql`0`
    await run(
      sql`insert into books (id, branch_id, author_id, isbn, title, added_at) values (1, 1, 1, '1', 'One', ${now})`,
    )
    await run(sql`insert into samples (id, code) values (1, 'one'), (2, 'two')`)
    if (opened().dialect === 'postgres')
      for (const table of ['books', 'samples']) await run(sql`select setval(${`${table}_id_seq`}::regclass, 1000)`)
    failuresBefore = started.failures.length
  })

  /** Sends one request and holds what comes back against what may. */
  const send = async (path: string, init: RequestInit = {}): Promise<Response> => {
    const reply = await started.fetch(path, init)
    const text = await reply.clone().text()
    const label = `${init.method ?? 'GET'} ${path.slice(0, 300)} ${String(init.body ?? '').slice(0, 300)}`
    const failures = started.failures
      .slice(failuresBefore)
      .map((one) => `${one} ${(one as Error).cause ?? ''}`.slice(0, 400))
    if (reply.status >= 500 || failures.length > 0) throw new Error(`${reply.status} for ${label}: ${failures}`)
    if (reply.status >= 400) {
      const problem = JSON.parse(text)
      expect(problem.code, label).toEqual(expect.any(String))
      // Where it was and what it was called, the caller knows.
      const said = (problem.errors ?? []).map(({ message, code }: Record<string, string>) => `${code} ${message}`)
      expect([problem.title, problem.detail, ...said].join('\n'), label).not.toMatch(LEAKS)
    }
    expect(text, label).not.toContain('hunter2')
    return reply
  }

  const sendJson = (method: string, path: string, body: string) =>
    send(path, { method, body, headers: { 'content-type': 'application/json' } })

  /** All that a document says of what an endpoint takes. */
  const declared = async (): Promise<{ path: string; query: string[] }[]> => {
    const document = (await toOpenApi(everything(opened()))) as unknown as {
      paths: Record<string, { get?: { parameters?: { name: string; in: string }[] } }>
    }
    return Object.entries(document.paths).flatMap(([path, { get }]) =>
      get === undefined
        ? []
        : [{ path, query: (get.parameters ?? []).flatMap((one) => (one.in === 'query' ? [one.name] : [])) }],
    )
  }

  /** Filters of a column that take the same values, to be asked together; other fields each by itself. */
  const alike = (query: readonly string[]): string[][] => {
    const isAlike = (name: string): boolean => /\[(?:ne|in|gte?|lte?)\]$/.test(name) || query.includes(`${name}[ne]`)
    const columns = Map.groupBy(query.filter(isAlike), (name) => name.replace(/\[.*/, ''))
    return [...columns.values(), ...query.filter((name) => !isAlike(name)).map((name) => [name])]
  }

  /** Each problem once, so that all of them are seen. */
  const collected = async (work: (add: (one: Promise<unknown>) => Promise<void>) => Promise<void>): Promise<void> => {
    const found: string[] = []
    await work(async (one) => {
      await one.catch((error: unknown) => {
        found.push((error as Error).message)
        failuresBefore = started.failures.length
      })
    })
    expect(found).toEqual([])
  }

  test('in any field of any query is answered, or refused as a field', async () => {
    await collected(async (add) => {
      for (const { path, query } of await declared()) {
        const place = path.replace(/\{\w+\}/g, '1')
        expect(query).toEqual([...new Set(query)])
        for (const fields of alike(query)) {
          for (const text of TEXTS) {
            const all = fields.map((name) => `${encodeURIComponent(name)}=${encodeURIComponent(text)}`)
            await add(send(`${place}?${all.join('&')}`))
          }
        }
        for (const name of query) {
          await add(send(`${place}?${encodeURIComponent(name)}=1&${encodeURIComponent(name)}=1`))
          await add(send(`${place}?${encodeURIComponent(name)}`))
          await add(send(`${place}?${encodeURIComponent(name)}%5B%5D=1`))
          await add(send(`${place}?${encodeURIComponent(name)}%5B__proto__%5D=1`))
          await add(send(`${place}?${encodeURIComponent(name)}=%ff%fe`))
          await add(send(`${place}?${encodeURIComponent(name)}=%ed%a0%80`))
          await add(send(`${place}?${encodeURIComponent(name)}=${'x'.repeat(100_000)}`))
        }
      }
    })
  }, 120_000)

  test('as the name of a field is refused', async () => {
    for (const name of [
      'code[eq]',
      'code[]',
      'code[0]',
      'code[ne][ne]',
      'code.ne',
      'code[like]',
      'code[$ne]',
      'code[raw]',
      'Code',
      'id',
      'password_hash',
      'constructor',
      'toString',
      'hasOwnProperty',
      'limit[gt]',
      'offset',
      'order',
      'where',
      'k0',
      '~k0',
      ' code',
      'code ',
      'code\0',
      "code' or '1'='1",
      '',
    ]) {
      const reply = await send(`/samples?${encodeURIComponent(name)}=1`)
      expect([name, reply.status]).toEqual([name, 422])
    }
    // Assigning to it would change what all objects are made of: it is as if it was not there.
    expect((await send('/samples?__proto__=1&__proto__%5Bx%5D=1')).status).toBe(422)
    expect((await send('/samples?__proto__=1')).status).toBe(200)
    expect(({} as { x?: unknown }).x).toBe(undefined)
  })

  test('in a path finds nothing, or is refused', async () => {
    await collected(async (add) => {
      for (const text of TEXTS) {
        if (text === '' || text === '1') continue
        const segment = encodeURIComponent(text)
        for (const path of [`/samples/${segment}`, `/loans/${segment}/1`, `/loans/1/${segment}`]) {
          await add(
            send(path).then((reply) => {
              if (![400, 404, 414, 422].includes(reply.status)) throw new Error(`${reply.status} for ${path}`)
            }),
          )
          await add(send(path, { method: 'DELETE' }))
          await add(sendJson('PATCH', path, '{"reader":"x"}'))
        }
      }
    })
  })

  test('in any field of any body is kept, or refused as a field', async () => {
    const fields = {
      '/samples': {
        id: 1,
        good: { code: 'x' },
        names: Object.keys(opened().tables.samples).filter((name) => !/^(_|\$|get|enableRLS)/.test(name)),
      },
      '/books': {
        id: 1,
        good: { branch_id: 1, isbn: '2', title: 'Two' },
        names: Object.keys(opened().tables.books).filter((name) => !/^(_|\$|get|enableRLS)/.test(name)),
      },
    }
    const TEXT_JSON = new Set(TEXTS.map((value) => JSON.stringify(value)))
    const json = [...TEXT_JSON]
    await collected(async (add) => {
      for (const [path, { id, good, names }] of Object.entries(fields)) {
        for (const name of [...names, '__proto__', 'constructor', 'nothing']) {
          const isOfText = path === '/samples' || ['title', 'price', 'added_at', 'cover', 'tags'].includes(name)
          for (const value of [...(isOfText ? json : []), ...VALUES.map((one) => JSON.stringify(one)), ...RAW]) {
            const rest = Object.entries(good).flatMap(([key, one]) =>
              key === name ? [] : [`${JSON.stringify(key)}:${JSON.stringify(one)}`],
            )
            const body = `{${[...rest, `${JSON.stringify(name)}:${value}`].join()}}`
            const change = `{${JSON.stringify(name)}:${value}}`
            if (!TEXT_JSON.has(value)) await add(sendJson('POST', path, body))
            await add(sendJson('PATCH', `${path}/${id}`, change))
          }
          for (const value of RAW) {
            await add(sendJson('PUT', `${path}/${id}`, `{${JSON.stringify(name)}:${value}}`))
            await add(sendJson('POST', `${path}/bulk`, `{"items":[{${JSON.stringify(name)}:${value}}]}`))
            await add(sendJson('POST', `${path}/bulk/update`, `{"items":[{"id":1,${JSON.stringify(name)}:${value}}]}`))
            await add(sendJson('POST', `${path}/bulk/delete`, `{"items":[{${JSON.stringify(name)}:${value}}]}`))
          }
        }
        // Whatever was kept can be read.
        for (const query of ['?limit=100', '?limit=100&q=x', '/1']) await add(send(`${path}${query}`))
      }
    })
  }, 300_000)

  test('as a body or as items is refused', async () => {
    for (const value of [...VALUES.map((one) => JSON.stringify(one)), ...RAW, '', '{', 'nul', '"', '[]']) {
      for (const [method, path] of [
        ['POST', '/samples'],
        ['PUT', '/samples/1'],
        ['POST', '/samples/bulk'],
        ['POST', '/samples/bulk/update'],
        ['POST', '/samples/bulk/delete'],
      ] as const) {
        expect((await sendJson(method, path, value)).status).toBeGreaterThanOrEqual(400)
        if (path.includes('bulk'))
          expect((await sendJson(method, path, `{"items":${value}}`)).status).toBeGreaterThanOrEqual(400)
      }
    }
    const many = JSON.stringify({ items: Array.from({ length: 101 }, () => ({ id: 1 })) })
    for (const path of ['/samples/bulk', '/samples/bulk/update', '/samples/bulk/delete'])
      expect((await sendJson('POST', path, many)).status).toBe(422)
  })

  test('changes no row that was not named', async () => {
    const before = await opened().run(sql`select * from samples order by id`)
    for (const text of ["1' or '1'='1", '1 or 1=1', '%', '*']) {
      await send(`/samples/${encodeURIComponent(text)}`, { method: 'DELETE' })
      await sendJson('PATCH', `/samples/${encodeURIComponent(text)}`, '{"code":"taken"}')
      await sendJson('POST', '/samples/bulk/delete', JSON.stringify({ items: [{ id: text }] }))
    }
    expect(await opened().run(sql`select * from samples order by id`)).toEqual(before)
  })

  test('as a pattern stands for itself', async () => {
    const { run } = opened()
    await run(
      sql`insert into samples (id, code) values (10, '100%'), (11, '100x'), (12, 'a_b'), (13, 'axb'), (14, 'c\\d'), (15, 'CD')`,
    )
    const ids = async (query: string) =>
      ((await (await send(`/samples?${query}`)).json()) as { items: { id: number }[] }).items.map(({ id }) => id)
    expect(await ids('code%5Bcontains%5D=%25')).toEqual([10])
    expect(await ids('code%5Bcontains%5D=_')).toEqual([12])
    expect(await ids('code%5Bcontains%5D=%5C')).toEqual([14])
    expect(await ids('code%5Bstarts%5D=A_')).toEqual([12])
    expect(await ids('code%5Bstarts%5D=100%25')).toEqual([10])
    expect(await ids('q=%25%25')).toEqual(opened().dialect === 'sqlite' ? [] : [])
  })

  test('names the fields that a database complains of', async () => {
    const answer = async (method: string, path: string, body: object) => {
      const reply = await sendJson(method, path, JSON.stringify(body))
      const { errors } = await reply.json()
      return [reply.status, errors?.map(({ pointer, code }: { pointer: string; code: string }) => `${pointer} ${code}`)]
    }
    const book = { branch_id: 1, isbn: '2', title: 'Two' }
    expect(await answer('POST', '/books', { ...book, isbn: '1' })).toEqual([409, ['/body/isbn taken']])
    expect(await answer('POST', '/books', { ...book, pages: 0 })).toEqual([422, ['/body refused']])
    expect(await answer('POST', '/books', { ...book, branch_id: 99 })).toEqual([422, ['/body/branch_id unknown']])
    const items = [book, { ...book, isbn: '1' }]
    expect(await answer('POST', '/books/bulk', { items })).toEqual([409, ['/body/items/1/isbn taken']])
    expect(await answer('POST', '/loans', { book_id: 1, number: 1, reader: 'r', due: '2020-01-01' })).toEqual([
      201,
      undefined,
    ])
    expect(await answer('POST', '/loans', { book_id: 1, number: 1, reader: 'r', due: '2020-01-01' })).toEqual([
      409,
      ['/body/book_id taken', '/body/number taken'],
    ])
    // JSON is any JSON, and a number that no double holds is none.
    const tags = (value: string) => sendJson('PATCH', '/books/1', `{"tags":${value}}`)
    for (const value of ['null', '0', '"a"', '[1,{"a":[null]}]'])
      expect((await (await tags(value)).json()).tags).toEqual(JSON.parse(value))
    for (const value of ['1e400', '[{"a":[-1e400]}]'])
      expect((await (await tags(value)).json()).errors).toMatchObject([{ pointer: '/body/tags' }])
    // What others refer to stays.
    const { fetch, close } = await createTestClient(
      api({ books: group('/books', resource(opened().tables.books, { db: opened().db })) }),
    )
    const removed = await fetch('/books/1', { method: 'DELETE' })
    expect([removed.status, (await removed.json()).detail]).toEqual([409, 'Something else refers to it'])
    await close()
  })
})
