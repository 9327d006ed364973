import { type Api, api, csv, form, get, group, json, ok, page, post, rows, stream, text, xml } from 'trestle'
import { createTestClient } from 'trestle/testing'
import { cached } from 'trestle/policies'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'

const A = z.object({ a: z.string() })
const nothing = (): never => undefined as never

/** The faults of a start, each in one line. */
async function faults(faulty: Api): Promise<string[]> {
  const error = await createTestClient(faulty).then(
    () => undefined,
    (thrown: Error) => thrown,
  )
  const told = [...(error?.message ?? '').matchAll(/^ {2}(\S.*)\n {4}(.*)\n {4}→ (.*)$/gm)]
  return told.map(([, where, what, mend]) => `${where} | ${what} | ${mend}`)
}

describe('Forms of values, at the start', () => {
  it.each<[string, unknown, string]>([
    ['no list', 'json', `formats: is no list | write formats: ['json', 'xml']`],
    ['an unknown one', ['json', 'ndjsn'], 'formats.1: "ndjsn" is no form | write "ndjson"'],
    [
      'none',
      [],
      'formats: has no "json", which clients of Trestle read | add it; for XML alone, answer with xml(schema)',
    ],
    [
      'no JSON',
      ['xml'],
      'formats: has no "json", which clients of Trestle read | add it; for XML alone, answer with xml(schema)',
    ],
    ['one twice', ['json', 'csv', csv()], 'formats.2: "csv" is there already | take one of them out'],
    ['null', ['json', null], 'formats.1: "undefined" is no form | take it out'],
  ])('are told where they are %s', async (_, formats, told) => {
    const endpoint = get('/', { returns: z.array(A), formats: formats as never }, nothing)
    expect(await faults(api({ it: endpoint }))).toEqual([`GET / (it) | ${told}`])
    expect(await faults(api({ formats: formats as never }, { it: get('/', nothing) }))).toEqual([`The API | ${told}`])
  })

  it('are told where an endpoint names one that it cannot have', async () => {
    const formats = ['json', 'csv', 'ndjson'] as const
    const mend = 'take it out, or answer with page.of(…) or rows(…)'
    expect(await faults(api({ it: get('/', { returns: A, formats }, nothing) }))).toEqual([
      `GET / (it) | formats: "csv" is of a list of objects, and no reply is one | ${mend}`,
      `GET / (it) | formats: "ndjson" is of a list, and no reply is one | ${mend}`,
    ])
    expect(await faults(api({ it: get('/', { returns: z.array(z.string()), formats }, nothing) }))).toEqual([
      `GET / (it) | formats: "csv" is of a list of objects, and no reply is one | ${mend}`,
    ])
  })

  it('hold where they can of a group or an API', async () => {
    const shop = api(
      { formats: ['json', 'csv', 'ndjson', 'xml'] },
      {
        one: get('/1', { returns: A }, nothing),
        list: get('/2', { query: page.cursor(), returns: page.of(A) }, nothing),
        words: get('/3', { returns: ok(z.array(z.string())) }, nothing),
        text: get('/4', { returns: text() }, nothing),
        more: group('/more', { formats: ['json'] }, { rows: get('/5', { returns: rows(A) }, nothing) }),
        undeclared: get('/6', nothing),
      },
    )
    expect(await faults(shop)).toEqual([])
  })
})

describe('Several bodies, at the start', () => {
  it('are told where nobody can tell them apart, or one is none', async () => {
    const shop = api({
      none: post('/1', { body: [] as never }, nothing),
      same: post('/2', { body: [A, json(z.object({ b: z.int() }), 'Application/JSON; charset=utf-8')] }, nothing),
      odd: post('/3', { body: [A, 7 as never, rows(A) as never, undefined as never] }, nothing),
      bad: post(
        '/4',
        { body: [form(A), xml(z.object({ day: z.date() })), xml(undefined as never, 'text/xml')] },
        nothing,
      ),
      good: post('/5', { body: [A, form(A), xml(A), text(), stream()] }, nothing),
    })
    expect(await faults(shop)).toMatchInlineSnapshot(`
      [
        "POST /1 (none) | body: is an empty list | list what is taken, or leave it out",
        "POST /2 (same) | body.1: application/json is taken already | give one of them another media type, or make them one schema",
        "POST /3 (odd) | body.1: is neither a schema nor a content type | give it a schema, or a content type such as text()",
        "POST /3 (odd) | body.2: rows(…) is only for replies | take stream() or bytes()",
        "POST /3 (odd) | body.3: is neither a schema nor a content type | give it a schema, or a content type such as text()",
        "POST /4 (bad) | body.1.day: JSON has no dates | use z.iso.datetime(), or z.codec(z.iso.datetime(), z.date(), …) to work with Date",
        "POST /4 (bad) | body.2: xml(…) was given something that is no schema | give it a zod, valibot or arktype schema",
      ]
    `)
  })
})

describe('Rows, at the start', () => {
  it('are no body of a request, have to be sendable, and are not kept', async () => {
    const shop = api({
      body: post('/1', { body: rows(A) }, nothing),
      date: get('/2', { returns: rows(z.object({ day: z.date() })) }, nothing),
      none: get('/3', { returns: rows(undefined as never) }, nothing),
      kept: get('/4', { returns: rows(A), policies: [cached({ for: 1 })] }, nothing),
    })
    expect(await faults(shop)).toMatchInlineSnapshot(`
      [
        "POST /1 (body) | body: rows(…) is only for replies | take stream() or bytes()",
        "GET /2 (date) | returns 200.day: JSON has no dates | use z.iso.datetime(), or z.codec(z.iso.datetime(), z.date(), …) to work with Date",
        "GET /3 (none) | returns 200: rows(…) was given something that is no schema | give it a zod, valibot or arktype schema",
        "GET /4 (kept) | policies: "cached" keeps whole replies, and this one is rows() | take it off, or answer with bytes()",
      ]
    `)
  })
})
