import { api, post } from 'trestle'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { json, onEveryWire, outcome, raw } from './wires.ts'

const Order = z.object({ name: z.string(), qty: z.int().min(1), paid: z.boolean().optional() })

const shop = api({
  create: post('/orders', { body: Order }, ({ body }) => body),
  anything: post('/anything', { body: z.unknown() }, ({ body }) => ({ type: typeof body })),
  numbers: post('/numbers', { body: z.array(z.int()) }, ({ body }) => ({ many: body.length })),
  bag: post('/bag', { body: z.record(z.string(), z.int()) }, ({ body }) => ({
    many: Object.keys(body).length,
  })),
  strict: post('/strict', { body: z.strictObject({ a: z.int() }) }, () => ({})),
  shallow: post('/shallow', { body: z.unknown(), limits: { depth: 3 } }, ({ body }) => ({ got: body })),
  optional: post('/optional', { body: Order.optional() }, ({ body }) => ({ given: body !== undefined })),
  copies: post('/copies', { body: z.looseObject({}) }, ({ body }) => {
    const copy: Record<string, unknown> = {}
    for (const [key, value] of Object.entries(body)) copy[key] = value
    return { polluted: ({} as { admin?: boolean }).admin ?? copy.admin ?? false, keys: Object.keys(body) }
  }),
})

const MALFORMED = [400, 'malformed_body']

onEveryWire('JSON bodies', (open) => {
  it.each([
    ['nothing', ''],
    ['blanks', ' \t\r\n '],
    ['an object that breaks off', '{"name":"tea","qty":'],
    ['a string that breaks off', '"te'],
    ['an escape that breaks off', '"\\u00'],
    ['a comma at the end', '{"name":"tea",}'],
    ['single quotes', "{'name':'tea'}"],
    ['a comment', '{"name":"tea"} // yes'],
    ['two values', '{"name":"tea"}{"name":"tea"}'],
    ['NaN', '{"name":"tea","qty":NaN}'],
    ['Infinity', '{"name":"tea","qty":Infinity}'],
    ['undefined', 'undefined'],
    ['a number with a plus', '{"name":"tea","qty":+1}'],
    ['a number in hexadecimal', '{"name":"tea","qty":0x10}'],
    ['a number with a leading zero', '{"name":"tea","qty":01}'],
    ['a bare control character in a string', '{"name":"t\nea","qty":1}'],
    ['NUL', '{"name":"tea"}\0'],
    ['HTML', '<html></html>'],
    ['two byte order marks', '\ufeff\ufeff{"name":"tea","qty":1}'],
  ])('%s is malformed, and the reply does not quote it', async (_, text) => {
    const running = await open(shop)
    const reply = await running.fetch('/orders', raw(text))
    expect(reply.status).toBe(400)
    const body = await reply.json()
    expect(body).toMatchObject({ code: 'malformed_body', status: 400 })
    expect(body.detail).not.toContain('tea')
    expect(running.failures).toEqual([])
  })

  it.each([
    ['a byte that is no UTF-8', [0x22, 0xff, 0x22]],
    ['overlong UTF-8', [0x22, 0xc0, 0xaf, 0x22]],
    ['a surrogate in UTF-8', [0x22, 0xed, 0xa0, 0x80, 0x22]],
    ['UTF-8 that breaks off', [0x22, 0xc3, 0x22]],
    ['UTF-16', [0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00]],
  ])('%s is malformed', async (_, octets) => {
    const running = await open(shop)
    expect(await outcome(await running.fetch('/anything', raw(new Uint8Array(octets))))).toEqual(MALFORMED)
  })

  it('a byte order mark is passed over, and U+FFFD is a character', async () => {
    const running = await open(shop)
    const reply = await running.fetch('/orders', raw('\ufeff{"name":"\ufffd","qty":1}'))
    expect(await reply.json()).toEqual({ name: '\ufffd', qty: 1 })
  })

  it('a lone surrogate that is escaped arrives as it was, and leaves as U+FFFD or escaped', async () => {
    const running = await open(shop)
    const reply = await running.fetch('/orders', raw('{"name":"\\ud800","qty":1}'))
    expect(reply.status).toBe(200)
    expect(await reply.text()).toBe('{"name":"\\ud800","qty":1}')
  })

  it.each([
    ['arrays', '['.repeat(100_000) + ']'.repeat(100_000)],
    ['objects', '{"a":'.repeat(100_000) + 1 + '}'.repeat(100_000)],
    ['both', '[{"a":'.repeat(50_000) + 1 + '}]'.repeat(50_000)],
    ['arrays that do not end', '['.repeat(100_000)],
    ['arrays behind a string with a quote', `["\\"",${'['.repeat(100_000)}`],
  ])('100,000 levels of %s are refused', async (_, text) => {
    const running = await open(shop)
    const began = performance.now()
    expect(await outcome(await running.fetch('/anything', raw(text)))).toEqual(MALFORMED)
    expect(performance.now() - began).toBeLessThan(1500)
  })

  it('brackets in a string are no levels', async () => {
    const running = await open(shop)
    const text = JSON.stringify({ name: `\\"${'[{'.repeat(100_000)}`, qty: 1 })
    expect((await running.fetch('/orders', raw(text))).status).toBe(200)
  })

  it('depth is counted in levels, to the level', async () => {
    const running = await open(shop)
    expect((await running.fetch('/shallow', raw('[[[1]]]'))).status).toBe(200)
    expect((await running.fetch('/shallow', raw('[[[]], [[]], {"a":{}}]'))).status).toBe(200)
    expect(await outcome(await running.fetch('/shallow', raw('[[[[]]]]')))).toEqual(MALFORMED)
    expect(await outcome(await running.fetch('/shallow', raw('[{"a":{"b":[]}}]')))).toEqual(MALFORMED)
  })

  it.each([
    '{"__proto__":{"admin":true}}',
    '{"a":[{"__proto__":{"admin":true}}]}',
    '{"\\u005f_proto__":{"admin":true}}',
    '{"\\u005F\\u005f\\u0070roto__":{"admin":true}}',
    '{"a":1,"__proto__":null}',
  ])('%s is refused', async (text) => {
    const running = await open(shop)
    expect(await outcome(await running.fetch('/copies', raw(text)))).toEqual(MALFORMED)
    expect(({} as { admin?: boolean }).admin).toBeUndefined()
  })

  it('the text __proto__ is no key', async () => {
    const running = await open(shop)
    expect((await running.fetch('/orders', json({ name: '"__proto__":', qty: 1 }))).status).toBe(200)
  })

  it('constructor and prototype are ordinary keys, and reach no constructor', async () => {
    const running = await open(shop)
    const reply = await running.fetch('/copies', raw('{"constructor":{"prototype":{"admin":true}},"prototype":1}'))
    expect(await reply.json()).toEqual({ polluted: false, keys: ['constructor', 'prototype'] })
    expect(({} as { admin?: boolean }).admin).toBeUndefined()
  })

  it('the last of two equal keys counts, as JSON.parse has it', async () => {
    const running = await open(shop)
    expect(await (await running.fetch('/orders', raw('{"qty":1,"name":"a","qty":2}'))).json()).toEqual({
      name: 'a',
      qty: 2,
    })
  })

  it.each([
    ['true for a whole number', { name: 'tea', qty: true }, '/body/qty'],
    ['text for a whole number', { name: 'tea', qty: '1' }, '/body/qty'],
    ['a fraction', { name: 'tea', qty: 1.5 }, '/body/qty'],
    ['a number beyond safe integers', { name: 'tea', qty: 2 ** 53 }, '/body/qty'],
    ['a number for text', { name: 7, qty: 1 }, '/body/name'],
    ['null for text', { name: null, qty: 1 }, '/body/name'],
    ['1 for true', { name: 'tea', qty: 1, paid: 1 }, '/body/paid'],
    ['text for true', { name: 'tea', qty: 1, paid: 'true' }, '/body/paid'],
    ['a list for an object', [], '/body'],
    ['null for an object', null, '/body'],
    ['text for an object', 'tea', '/body'],
  ])('%s is not valid', async (_, body, pointer) => {
    const running = await open(shop)
    const reply = await running.fetch('/orders', json(body))
    expect(reply.status).toBe(422)
    expect((await reply.json()).errors.map((error: { pointer: string }) => error.pointer)).toEqual([pointer])
  })

  it('every refused field is named at once, with a code and words', async () => {
    const running = await open(shop)
    const { errors } = await (await running.fetch('/orders', json({ qty: 0, paid: 'no' }))).json()
    expect(errors).toEqual([
      { pointer: '/body/name', code: 'required', message: 'This field is required' },
      { pointer: '/body/qty', code: 'too_small', message: expect.any(String) },
      { pointer: '/body/paid', code: 'invalid_type', message: expect.any(String) },
    ])
  })

  it.each([
    ['9007199254740993', 422],
    ['-9007199254740993', 422],
    ['1e400', 422],
    ['1'.repeat(1_000_000), 422],
    [`0.${'1'.repeat(1_000_000)}`, 422],
    [`1e-${'9'.repeat(100_000)}`, 200],
    ['1e0', 200],
    ['1.0', 200],
  ])('the number %.20s gives %i in time', async (number, status) => {
    const running = await open(shop)
    const began = performance.now()
    const reply = await running.fetch('/numbers', raw(`[${number}]`))
    expect(performance.now() - began).toBeLessThan(1000)
    expect(reply.status).toBe(status)
    expect((await reply.text()).length).toBeLessThan(1000)
  })

  it.each([
    ['a million items', `[${'1,'.repeat(999_999)}1]`],
    ['a million keys', `{${Array.from({ length: 1_000_000 }, (_, i) => `"k${i}":1`).join(',')}}`],
  ])('%s are more than a body may have', async (_, text) => {
    const running = await open(shop)
    const began = performance.now()
    expect(await outcome(await running.fetch('/anything', raw(text)))).toEqual([413, 'content_too_large'])
    expect(performance.now() - began).toBeLessThan(1000)
  })

  // As many as fit into the usual limit, 1 MiB.
  it.each([
    ['500,000 items', '/numbers', `[${'1,'.repeat(499_999)}1]`, { many: 500_000 }],
    ['90,000 keys', '/bag', `{${Array.from({ length: 90_000 }, (_, i) => `"k${i}":1`).join(',')}}`, { many: 90_000 }],
  ])('%s are checked in time', async (_, path, text, expected) => {
    const running = await open(shop)
    const began = performance.now()
    expect(await (await running.fetch(path, raw(text))).json()).toEqual(expected)
    expect(performance.now() - began).toBeLessThan(3000)
  })

  it.each([
    ['250,000 bad items', '/numbers', `[${'"",'.repeat(249_999)}""]`],
    ['80,000 bad values', '/bag', `{${Array.from({ length: 80_000 }, (_, i) => `"k${i}":""`).join(',')}}`],
    ['90,000 unknown keys', '/strict', `{"a":1,${Array.from({ length: 90_000 }, (_, i) => `"k${i}":1`).join(',')}}`],
  ])('%s are a short answer in time', async (_, path, body) => {
    const running = await open(shop)
    const began = performance.now()
    const reply = await running.fetch(path, raw(body))
    const text = await reply.text()
    expect(performance.now() - began).toBeLessThan(4000)
    expect(reply.status).toBe(422)
    expect(text.length).toBeLessThan(50_000)
    expect(JSON.parse(text).errors).toHaveLength(100)
    expect(running.failures).toEqual([])
  })

  it('a body that may be left out may be left out', async () => {
    const running = await open(shop)
    expect(await (await running.fetch('/optional', { method: 'POST' })).json()).toEqual({ given: false })
    expect(await (await running.fetch('/optional', raw(''))).json()).toEqual({ given: false })
    expect(await (await running.fetch('/optional', json({ name: 'a', qty: 1 }))).json()).toEqual({ given: true })
    expect(await outcome(await running.fetch('/orders', { method: 'POST' }))).toEqual(MALFORMED)
  })
})
