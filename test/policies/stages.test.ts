import { inflateSync } from 'node:zlib'
import { type Middleware, type Policy, type Reply, api, get, policy, reply, stream, text } from 'trestle'
import { expect, it } from 'vitest'
import { onEveryWire } from '../pipeline/wires.ts'

const quiet = { places: { openapi: false, docs: false, redoc: false, reference: false } } as const

onEveryWire('A policy', (open) => {
  it('gives a reply that it states, in place of the handler', async () => {
    let handled = 0
    const cached = policy('cached', {}, () => ({ replay: () => reply(203, 'kept', { 'x-from': 'policy' }) }))
    const running = await open(api(quiet, { read: get('/', { policies: [cached] }, () => handled++) }))
    const answer = await running.fetch('/')
    expect([answer.status, await answer.text(), answer.headers.get('x-from')]).toEqual([203, 'kept', 'policy'])
    expect(handled).toBe(0)
  })

  it('gives bytes and values', async () => {
    const bytes = policy('bytes', {}, () => ({ encode: () => reply(200, new Uint8Array([104, 105])) }))
    const value = policy('value', {}, () => ({ replay: async () => reply(200, { kept: true }) }))
    const running = await open(
      api(quiet, {
        bytes: get('/bytes', { policies: [bytes] }, () => 1),
        value: get('/value', { policies: [value] }, () => 1),
      }),
    )
    expect(await (await running.fetch('/bytes')).text()).toBe('hi')
    expect(await (await running.fetch('/value')).json()).toEqual({ kept: true })
  })

  it('may keep a reply and give it again: what is set on one does not stay for the next', async () => {
    let kept: Reply | undefined
    const once = policy('once', {}, () => ({
      replay: () => kept,
      record: (_context, given) => {
        kept ??= given
      },
    }))
    const counted = policy('counted', {}, () => ({
      encode: (_context, given) => void given.append('x-seen', '1'),
    }))
    const running = await open(api(quiet, { read: get('/', { policies: [once, counted] }, () => ({ a: 1 })) }))
    await running.fetch('/')
    for (let i = 0; i < 3; i++) {
      const answer = await running.fetch('/')
      expect(await answer.json()).toEqual({ a: 1 })
      expect(answer.headers.get('x-seen')).toBe('1, 1')
    }
  })

  it.each([
    ['what is no reply', {} as never],
    ['a reply of a value that JSON cannot carry', reply(200, 1n)],
  ])('that gives %s is a 500 that is told', async (_, given) => {
    const odd = policy('odd', {}, () => ({ replay: () => given }))
    const running = await open(api(quiet, { read: get('/', { policies: [odd] }, () => 1) }))
    expect((await running.fetch('/')).status).toBe(500)
    expect(running.failures).toHaveLength(1)
    expect((await running.fetch('/')).status).toBe(500)
  })

  it('reads all fields of a reply', async () => {
    const seen: unknown[] = []
    const reading = policy('reading', {}, () => ({
      record: (_context, given) => void seen.push(...given.headers()),
    }))
    const answer = reply(200, 'a', { 'Set-Cookie': ['a=1', 'b=2'] })
    const running = await open(
      api(quiet, {
        read: get('/', { policies: [policy('answer', {}, () => ({ replay: () => answer })), reading] }, () => 1),
      }),
    )
    await running.fetch('/')
    expect(seen).toEqual([
      ['content-type', 'text/plain; charset=utf-8'],
      ['set-cookie', 'a=1'],
      ['set-cookie', 'b=2'],
    ])
  })

  it('that fails leaves the others at work: its failure has their fields, and is told to those who record', async () => {
    let ended = false
    const records: unknown[] = []
    const stamp = (name: string): Policy =>
      policy(name, {}, () => ({
        encode: (_context, given) => void given.append('x-stamp', name),
        record: ({ failure }, given) => void records.push([name, given.status, failure?.message]),
      }))
    const failing = (stage: 'encode' | 'record', wait: boolean): Policy =>
      policy('failing', {}, () => ({
        [stage]: wait
          ? () => Promise.reject(new Error('failed'))
          : () => {
              throw new Error('failed')
            },
      }))
    for (const [stage, wait] of [
      ['encode', false],
      ['encode', true],
      ['record', false],
      ['record', true],
    ] as const) {
      const policies = [stamp('one'), failing(stage, wait), stamp('two')]
      ended = false
      const pieces = (): ReadableStream =>
        new ReadableStream({
          cancel: () => {
            ended = true
          },
        })
      const running = await open(api(quiet, { read: get('/', { returns: stream(), policies }, pieces) }))
      const answer = await running.fetch('/')
      expect(answer.status).toBe(500)
      expect(running.failures).toHaveLength(1)
      // Nobody reads what the handler gave.
      await expect.poll(() => ended).toBe(true)
      if (stage === 'encode') expect(answer.headers.get('x-stamp')).toBe('one, two')
      const first = stage === 'encode' ? ['one', 500, 'failed'] : ['one', 200, undefined]
      expect(records.splice(0)).toEqual([first, ['two', 500, 'failed']])
    }
  })

  it('names the coding in which a reply is sent, when middleware has had it; the nearest of its name counts', async () => {
    const saw: unknown[] = []
    const coding = (code: (reply: Reply) => 'deflate' | undefined): Policy =>
      policy('coding', { isNearest: true }, () => ({ code: (_context, given) => code(given) }))
    const deflating = coding(() => 'deflate')
    const failing = coding(() => {
      throw new Error('failed')
    })
    const long = 'a'.repeat(20_000)
    const middleware: Middleware = async (context, next) => {
      const given = await next(context)
      saw.push(given.body)
      return given.set('x-middle', '1')
    }
    const running = await open(
      api(
        { ...quiet, policies: [failing], middleware: [middleware] },
        {
          short: get('/short', { returns: text(), policies: [deflating] }, () => long.slice(0, 500)),
          long: get('/long', { returns: text(), policies: [deflating] }, () => long),
          pieces: get('/pieces', { returns: stream(), policies: [deflating] }, () => [long, long]),
          no: get('/no', { returns: text(), policies: [coding(() => undefined)] }, () => long),
          failing: get('/failing', { returns: text() }, () => long),
        },
      ),
    )
    for (const [path, length] of [
      ['/short', 500],
      ['/long', 20_000],
      ['/pieces', 40_000],
    ] as const) {
      const answer = await running.fetch(path)
      expect([answer.headers.get('content-encoding'), answer.headers.get('x-middle')]).toEqual(['deflate', '1'])
      // What has a connection is unpacked by who reads it.
      const body = Buffer.from(await answer.arrayBuffer())
      const plain = running.port === undefined ? inflateSync(body) : body
      expect(plain.toString()).toBe('a'.repeat(length))
    }
    expect((await running.fetch('/no')).headers.get('content-encoding')).toBeNull()
    expect(saw.slice(0, 2)).toEqual([long.slice(0, 500), long])
    expect(running.failures).toEqual([])
    expect((await running.fetch('/failing')).status).toBe(500)
    expect(running.failures).toEqual([{ error: new Error('failed'), operation: 'failing' }])
  })
})
