import { connect } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { api, group } from 'trestle'
import { serve } from 'trestle/node'
import { idempotent } from 'trestle/policies'
import { resource } from 'trestle/resources'
import { createTestClient } from 'trestle/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { onBothDatabases } from './databases.ts'

onBothDatabases('an import', (opened) => {
  let port: number
  let stop: () => Promise<void>
  beforeAll(async () => {
    const { tables, db } = opened()
    const limits = { body: 5_000_000 }
    const branches = group(
      '/branches',
      resource(tables.branches, { db, import: true, endpoints: { import: { limits } } }),
    )
    const server = await serve(api({ branches }), { port: 0, host: '127.0.0.1', quiet: true, signals: false })
    port = server.port
    stop = () => server.stop()
  })
  afterAll(() => stop())

  const send = async (type: string, body: BodyInit) => {
    const headers = { 'content-type': type }
    const reply = await fetch(`http://127.0.0.1:${port}/branches/import`, { method: 'POST', headers, body })
    return { status: reply.status, body: (await reply.json()) as Record<string, unknown> }
  }

  test.each([
    ['text/csv', (i: number) => `of csv ${i}\n`, 'name\n'],
    ['application/x-ndjson', (i: number) => `{"name":"of json ${i}"}\n`, ''],
  ])('of %s whose caller leaves is undone, and holds nothing up', async (type, line, first) => {
    const { database, tables } = opened()
    const before = await database.$count(tables.branches)
    const socket = connect(port, '127.0.0.1')
    socket.write(
      `POST /branches/import HTTP/1.1\r\nhost: a\r\ncontent-type: ${type}\r\ncontent-length: 100000\r\n\r\n${first}`,
    )
    socket.write(Array.from({ length: 300 }, (_, i) => line(i)).join(''))
    await setTimeout(300)
    socket.destroy()
    expect(await send('application/x-ndjson', `{"name":"after ${type}"}`)).toMatchObject({ status: 200 })
    expect(await database.$count(tables.branches)).toBe(before + 1)
  })

  test.each([
    ['text/csv', Buffer.from('name\n\xff\xfe\n', 'latin1'), 'The body is not UTF-8'],
    ['text/csv', Buffer.from('name\ncut \xe2\x82', 'latin1'), 'The body is not UTF-8'],
    ['application/x-ndjson', Buffer.from('{"name":"\xff"}\n', 'latin1'), 'The body is not UTF-8'],
    ['text/csv', 'name,name\na,b\n', 'The first line names name twice: name it once'],
    ['text/csv', `name\n${'read ahead\n'.repeat(40)}a,b\n`, 'Row 41 is no CSV'],
    ['text/csv', `name\nfirst\n"${'x'.repeat(1_100_000)}\n`, 'Row 2 is longer than a million characters'],
  ])('of %s that cannot be read says where and why', async (type, body, detail) => {
    const found = await send(type, body)
    expect(found).toMatchObject({ status: 400, body: { code: 'malformed_body' } })
    expect(found.body.detail).toContain(detail)
  })

  test('says of each row what is wrong with which field, in the words of any body', async () => {
    const { body } = await send('application/x-ndjson', '{"nam":"x"}\nno JSON\n')
    expect(body.rows).toEqual([
      {
        row: 1,
        errors: [
          { pointer: '/name', code: 'required', message: 'This field is required' },
          { pointer: '/nam', code: 'unrecognized_key', message: 'This field is not known' },
        ],
      },
      { row: 2, errors: [{ pointer: '', code: 'malformed', message: 'This line is no JSON' }] },
    ])
  })

  test('takes the byte order mark of a spreadsheet, and its columns without a name', async () => {
    expect((await send('text/csv', '\ufeffname,,\nof a sheet,,\n')).body).toMatchObject({ created: 1, refused: 0 })
  })

  test('gives a hook that changes its values the same ones again, where one of several rows is refused', async () => {
    const { tables, db, database } = opened()
    const hooks = {
      beforeCreate: (values: { name: string }) => {
        values.name += '!'
      },
    }
    const branches = group('/branches', resource(tables.branches, { db, import: true, hooks }))
    const { fetch, close } = await createTestClient(api({ branches }))
    const headers = { 'content-type': 'text/csv' }
    const reply = await fetch('/branches/import', { method: 'POST', headers, body: 'name\nonce\ntwice\nonce\n' })
    expect(await reply.json()).toMatchObject({ created: 2, refused: 1 })
    const names = (await database.select().from(tables.branches)).map(({ name }) => name)
    expect(names).toEqual(expect.arrayContaining(['once!', 'twice!']))
    await close()
  })

  test('may be sent again where a column is unique, and says how to do without idempotent()', async () => {
    const body = 'name\nof the first\nof the second\n'
    expect((await send('text/csv', body)).body).toMatchObject({ created: 2, refused: 0 })
    const again = await send('text/csv', `${body}of the third\n`)
    expect(again.body).toMatchObject({ created: 1, refused: 2 })
    expect((again.body.rows as { errors: object[] }[]).flatMap(({ errors }) => errors)).toMatchObject([
      { pointer: '/name', code: 'taken' },
      { pointer: '/name', code: 'taken' },
    ])
    const { tables, db } = opened()
    const once = { policies: [idempotent()] }
    const start = (options: object) =>
      createTestClient(
        api({ branches: group('/branches', resource(tables.branches, { db, import: true, ...options })) }),
      )
    await expect(start({ writes: once })).rejects.toThrow(
      /POST \/branches\/import.*\n.*"idempotent" has to know the whole body.*\n.*to the other endpoints one by one.*unique column/,
    )
    await (await start({ endpoints: { create: once, createMany: once } })).close()
  })
})
