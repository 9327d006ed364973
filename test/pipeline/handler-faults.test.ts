import {
  Unauthorized,
  api,
  bytes,
  created,
  errorFormat,
  file,
  get,
  group,
  noContent,
  ok,
  page,
  problem,
  redirect,
  reply,
  status,
  stream,
  text,
} from 'trestle'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { onEveryWire, outcome } from './wires.ts'

const SECRET = 'hunter2'
const Plain = z.object({ id: z.int(), at: z.string() })
const give = (value: unknown) => () => value as never
const raise = (value: unknown) => (): never => {
  throw value
}
const cycle: Record<string, unknown> = { id: 1 }
cycle.self = cycle
class Row {
  id = 1
  at = 'now'
  password = SECRET
  toJSON(): object {
    return { id: this.id, at: this.at, password: this.password }
  }
}
const Odd = problem('odd', { status: 418 - 9, extra: z.object({ sku: z.string() }) })
const Loose = problem('loose', { status: 400, extra: z.looseObject({}) })
const unprintable = {
  toString: (): never => raise(new Error(SECRET))(),
  [Symbol.toPrimitive]: (): never => raise(new Error(SECRET))(),
}

const thrown = group('/thrown', {
  string: get('/string', raise(SECRET)),
  nothing: get('/nothing', raise(undefined)),
  null: get('/null', raise(null)),
  number: get('/number', raise(7)),
  symbol: get('/symbol', raise(Symbol(SECRET))),
  bare: get('/bare', raise(Object.create(null))),
  frozen: get('/frozen', raise(Object.freeze(new Error(SECRET)))),
  object: get('/object', raise(Object.freeze({ status: 404, code: 'not_found', message: SECRET }))),
  unprintable: get('/unprintable', raise(unprintable)),
  proxy: get('/proxy', raise(new Proxy({}, { get: raise(new Error(SECRET)) }))),
  async: get('/async', async () => raise(new Error(SECRET))()),
  reply: get('/reply', raise(new Response('no'))),
  header: get('/header', raise(Unauthorized({ headers: { 'www-authenticate': `a\r\nset-cookie: ${SECRET}` } }))),
  extra: get('/extra', { throws: [Odd] }, raise(Odd({ sku: 7 as unknown as string, password: SECRET } as never))),
  cyclic: get('/cyclic', raise(Loose(cycle as never))),
  large: get('/large', raise(Loose({ n: 1n } as never))),
})

const returned = group('/returned', {
  wrong: get('/wrong', { returns: Plain }, give({ id: SECRET, at: 7 })),
  undefined: get('/undefined', { returns: Plain }, give(undefined)),
  null: get('/null', { returns: Plain }, give(null)),
  date: get('/date', { returns: Plain }, give({ id: 1, at: new Date(0) })),
  bigint: get('/bigint', give({ n: 1n })),
  cycle: get('/cycle', give(cycle)),
  function: get(
    '/function',
    give(() => SECRET),
  ),
  symbol: get('/symbol', give(Symbol(SECRET))),
  throwing: get('/throwing', give({ toJSON: raise(new Error(SECRET)) })),
  status: get('/status', { returns: Plain }, give(reply(202, { id: 1, at: '' }))),
  redirect: get('/redirect', { returns: redirect() }, give({ to: '/x' })),
  text: get('/text', { returns: text() }, give({ a: 1 })),
  bytes: get('/bytes', { returns: bytes() }, give('text')),
  file: get('/file', { returns: file() }, give('text')),
  stream: get('/stream', { returns: stream() }, give(7)),
  page: get('/page', { query: page.cursor(), returns: page.of(Plain) }, give({ rows: [] })),
  item: get(
    '/item',
    { query: page.cursor(), returns: page.of(Plain) },
    give({ items: [{ id: 1, at: '' }, { id: SECRET }], next_cursor: null }),
  ),
  header: get('/header', give(reply(200, {}, { 'x-a': `a\r\nset-cookie: ${SECRET}` }))),
  low: get('/low', give(reply(99, {}))),
  high: get('/high', give(reply(1000, {}))),
  interim: get('/interim', give(reply(101, {}))),
  fraction: get('/fraction', give(reply(200.5, {}))),
})

const fine = group('/fine', {
  extra: get('/extra', { returns: Plain }, give({ id: 1, at: 'now', password: SECRET })),
  class: get('/class', { returns: Plain }, give(new Row())),
  nested: get(
    '/nested',
    { returns: z.object({ rows: z.array(Plain) }) },
    give({ rows: [{ id: 1, at: '', password: SECRET }] }),
  ),
  ignored: get('/ignored', { returns: noContent() }, give({ password: SECRET })),
  many: get(
    '/many',
    { returns: [ok(Plain), created(z.object({ id: z.int() }))] },
    give(reply(201, { id: 1, at: SECRET })),
  ),
  accepted: get('/accepted', { returns: status(202, undefined) }, give(reply(202))),
  none: get('/none', { returns: status(200, undefined) }, give(undefined)),
  undeclared: get('/undeclared', give({ anything: [1, null, 'x'], gone: undefined, at: new Date(0) })),
  zero: get('/zero', give(0)),
  no: get('/no', give(false)),
  null: get('/null', give(null)),
  array: get('/array', give([])),
  thenable: get('/thenable', () => ({ then: (take: (value: unknown) => void) => take({ late: true }) })),
})

const paths = (members: object): string[] => Object.values(members).map(({ path }: { path: string }) => path)
const broken = errorFormat({
  name: 'Broken',
  mediaType: 'application/json',
  body: raise(new Error(SECRET)),
  schema: () => ({}),
})
const quiet = { places: { openapi: false, docs: false, redoc: false, reference: false } } as const
const faulty = api(quiet, {
  thrown,
  returned,
  fine,
  broken: group('/broken', { errors: broken }, { read: get('/', raise(new Error('x'))) }),
})

onEveryWire('A handler that fails', (open) => {
  it.each([...paths(thrown), ...paths(returned), '/broken'].filter((path) => path !== '/thrown/extra'))(
    '%s is a 500 that says nothing outside and something in the report',
    async (path) => {
      const running = await open(faulty)
      const reply = await running.fetch(path)
      const body = await reply.text()
      expect(reply.status).toBe(500)
      expect(body).not.toContain(SECRET)
      expect([...reply.headers].join()).not.toContain(SECRET)
      if (path !== '/broken')
        expect(JSON.parse(body)).toEqual({
          type: 'about:blank',
          title: 'Something went wrong on our side',
          status: 500,
          code: 'internal_error',
        })
      expect(running.failures.length).toBeGreaterThan(0)
      expect(running.failures[0]?.operation).toMatch(/^(thrown|returned|broken)\./)
      expect((await running.fetch('/fine/zero')).status).toBe(200)
    },
  )

  it('is reported with what was thrown itself', async () => {
    const running = await open(faulty)
    await running.fetch('/thrown/string')
    expect(running.failures).toEqual([{ error: SECRET, operation: 'thrown.string' }])
  })

  it('is reported with the fields that its reply does not let out', async () => {
    const running = await open(faulty)
    await running.fetch('/returned/wrong')
    expect(String(running.failures[0]?.error)).toMatch(
      /returned\.wrong returned what its 200 reply does not declare: id: .+; at: /,
    )
    await running.fetch('/returned/item')
    expect(String(running.failures[1]?.error)).toMatch(/items\.1\.id: /)
  })

  it('with members that its problem does not declare sends none of them', async () => {
    const running = await open(faulty)
    const reply = await running.fetch('/thrown/extra')
    expect(reply.status).toBe(409)
    expect(await reply.text()).not.toContain(SECRET)
  })
})

onEveryWire('What a handler returns', (open) => {
  it.each([
    ['/fine/extra', 200, { id: 1, at: 'now' }],
    ['/fine/class', 200, { id: 1, at: 'now' }],
    ['/fine/nested', 200, { rows: [{ id: 1, at: '' }] }],
    ['/fine/ignored', 204, undefined],
    ['/fine/many', 201, { id: 1 }],
    ['/fine/accepted', 202, undefined],
    ['/fine/none', 200, undefined],
    ['/fine/undeclared', 200, { anything: [1, null, 'x'], at: '1970-01-01T00:00:00.000Z' }],
    ['/fine/zero', 200, 0],
    ['/fine/no', 200, false],
    ['/fine/null', 200, null],
    ['/fine/array', 200, []],
    ['/fine/thenable', 200, { late: true }],
  ])('%s is a %i with what is declared', async (path, status, expected) => {
    const running = await open(faulty)
    const reply = await running.fetch(path)
    const body = await reply.text()
    expect(reply.status).toBe(status)
    expect(body === '' ? undefined : JSON.parse(body)).toEqual(expected)
    expect(running.failures).toEqual([])
  })
})

onEveryWire('Replies that hold more than their field', (open) => {
  const SPLIT = 'x\r\nset-cookie: a=1\r\n\r\n<html>'
  const split = api(quiet, {
    redirect: get('/redirect', { returns: redirect() }, () => `/to?${SPLIT}\0ü`),
    stated: get('/stated', () => reply(200, {}, { 'x-to': SPLIT })),
    list: get('/list', () => reply(200, {}, { 'x-to': ['fine', SPLIT] })),
    name: get('/name', () => reply(200, {}, { 'x-a\r\nx-b': '1' })),
    cookie: get('/cookie', () => reply(200, {}, { 'set-cookie': `a=${SPLIT}` })),
    nul: get('/nul', () => reply(200, {}, { 'x-to': 'a\0b' })),
    wide: get('/wide', () => reply(200, {}, { 'x-to': 'ünïcödé ☃' })),
    latin: get('/latin', () => reply(200, {}, { 'x-to': 'naïve' })),
    middleware: group(
      '/middleware',
      { middleware: [async (x, next) => (await next(x)).set('x-to', SPLIT)] },
      { read: get('/', () => ({})) },
    ),
    file: get('/file', { returns: file() }, () => new File(['x'], `a\r\n${SPLIT}".txt`)),
    created: group('/made', {
      make: get('/', { returns: created(z.object({ id: z.string() }), { location: () => `/made/${SPLIT}` }) }, () => ({
        id: '1',
      })),
    }),
    length: get('/length', () => reply(200, { a: 1 }, { 'Content-Length': '3' })),
    coding: get('/coding', () => reply(200, { a: 1 }, { 'transfer-encoding': 'gzip' })),
    trailer: get('/trailer', () => reply(200, { a: 1 }, { trailer: 'x' })),
  })

  it.each(['/stated', '/list', '/name', '/cookie', '/nul', '/wide', '/middleware'])(
    '%s is a 500 without the field',
    async (path) => {
      const running = await open(split)
      const reply = await running.fetch(path)
      expect(await outcome(reply)).toEqual([500, 'internal_error'])
      expect(reply.headers.get('set-cookie')).toBeNull()
      expect(reply.headers.get('x-to')).toBeNull()
      expect(String(running.failures[0]?.error)).toMatch(/header field/)
    },
  )

  it('a redirect escapes what a field cannot hold', async () => {
    const running = await open(split)
    const reply = await running.fetch('/redirect', { redirect: 'manual' })
    expect(reply.status).toBe(303)
    expect(reply.headers.get('location')).toBe('/to?x%0D%0Aset-cookie:%20a=1%0D%0A%0D%0A%3Chtml%3E%00%C3%BC')
    expect(reply.headers.get('set-cookie')).toBeNull()
  })

  it('the name of a file cannot leave its field', async () => {
    const running = await open(split)
    const reply = await running.fetch('/file')
    expect(reply.status).toBe(200)
    expect(reply.headers.get('set-cookie')).toBeNull()
    expect(reply.headers.get('content-disposition')).toMatch(
      /^attachment; filename="[^"\\\r\n]*"; filename\*=UTF-8''[^\s"]*$/,
    )
  })

  it('Latin-1 is sent as it is', async () => {
    const running = await open(split)
    expect((await running.fetch('/latin')).headers.get('x-to')).toBe('naïve')
  })

  it('an address of something created escapes what a field cannot hold', async () => {
    const running = await open(split)
    const reply = await running.fetch('/made')
    expect(reply.headers.get('location')).toBe('/made/x%0D%0Aset-cookie:%20a=1%0D%0A%0D%0A%3Chtml%3E')
    expect(reply.headers.get('set-cookie')).toBeNull()
  })

  it.each(['/length', '/coding', '/trailer'])('how a reply is framed is not for handlers to say: %s', async (path) => {
    const running = await open(split)
    const reply = await running.fetch(path)
    expect(await outcome(reply)).toEqual([500, 'internal_error'])
    expect(String(running.failures[0]?.error)).toMatch(/content-length|transfer-encoding|trailer/i)
  })
})
