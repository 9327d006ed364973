import { type Rows, api, form, get, json, ok, post, rows, text, xml } from 'trestle'
import { z } from 'zod'
import { createClient } from '../../src/client.ts'
import type { shop } from './formats.ts'

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
type Result<F extends (...args: never[]) => unknown> = Awaited<ReturnType<F>>
function same<A, B>(..._: Same<A, B> extends true ? [] : [differs: A, from: B]): void {}

const Order = z.object({ id: z.int(), on: z.codec(z.string(), z.date(), { decode: () => new Date(), encode: String }) })
const Other = z.object({ other: z.string() })
type In = z.output<typeof Order>

// What a handler gets: of one schema its value, of several any of them.
api({
  one: post(
    '/1',
    { body: [Order, form(Order), xml(Order), json(Order, 'application/merge-patch+json')] },
    ({ body }) => {
      same<typeof body, In>()
    },
  ),
  several: post('/2', { body: [Order, text(), xml(Other)] }, ({ body }) => {
    same<typeof body, In | string | z.output<typeof Other>>()
  }),
  alone: post('/3', { body: xml(Order) }, ({ body }) => {
    same<typeof body, In>()
  }),
  // What it gives: items as they are before they are encoded.
  listed: get('/4', { returns: rows(Order) }, () => [{ id: 1, on: new Date() }]),
  generated: get('/5', { returns: ok(rows(Order)) }, async function* () {
    yield { id: 1, on: new Date() }
  }),
  typed: get('/6', { returns: rows(Order) }, (): Rows<In> => new ReadableStream<In>()),
  xml: get('/7', { returns: xml(Order) }, () => ({ id: 1, on: new Date() })),
  // @ts-expect-error an item that does not fit
  wrong: get('/8', { returns: rows(Order) }, () => [{ id: 'a', on: new Date() }]),
  // @ts-expect-error there is no such form
  none: get('/9', { returns: Order, formats: ['json', 'yaml'] }, () => ({ id: 1, on: new Date() })),
})

const client = createClient<typeof shop>('http://local')
same<Result<typeof client.lines>, AsyncIterable<{ id: number; day: string }>>()
same<Result<typeof client.read>, { id: number }>()
same<Result<typeof client.feed>, string>()
client.make({ body: { id: 1 } })
client.feed({ body: '<a/>' })
// @ts-expect-error the first is sent
client.make({ body: { text: 'a' } })
