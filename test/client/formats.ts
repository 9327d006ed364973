import { api, form, get, page, post, rows, xml } from 'trestle'
import { z } from 'zod'

const Row = z.object({ id: z.int(), day: z.string() })
const Order = z.object({ id: z.int() })
/** Whether rows break off, and what was accepted and sent. */
export const seen: { fails: boolean; readonly fields: (string | undefined)[] } = { fails: false, fields: [] }

export const shop = api(
  { title: 'Shop', formats: ['xml', 'json', 'csv'] },
  {
    read: get('/order', { returns: Order }, ({ request }) => {
      seen.fields.push(request.header('accept'))
      return { id: 1 }
    }),
    list: get('/orders', { query: page.cursor(), returns: page.of(Order) }, ({ query }) => ({
      items: [{ id: query.cursor === undefined ? 1 : 2 }],
      next_cursor: query.cursor === undefined ? 'next' : null,
    })),
    make: post(
      '/orders',
      { body: [Order, form(z.object({ text: z.string() }))], returns: Order },
      ({ body, request }) => {
        seen.fields.push(request.header('content-type'))
        return 'id' in body ? body : { id: 0 }
      },
    ),
    feed: post('/feed', { body: xml(Order), returns: xml(Order) }, ({ body }) => body),
    lines: get('/lines', { returns: rows(Row), formats: ['json', 'ndjson'] }, async function* () {
      for (let id = 1; id <= 3000; id++) {
        if (seen.fails && id === 2000) throw new Error('gone')
        yield { id, day: 'ü'.repeat(20) }
      }
    }),
    array: get('/array', { returns: rows(Row), formats: ['json', 'csv'] }, () => [{ id: 1, day: 'a' }]),
    none: get('/none', { returns: rows(Row) }, () => []),
  },
)
