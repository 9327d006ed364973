import { api, get, page } from 'trestle'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { onEveryWire } from './wires.ts'

const Item = z.object({ id: z.int() })
const items = [{ id: 1 }]

onEveryWire('A page', (open) => {
  it('has the members of its kind, whatever else the handler gives', async () => {
    const both = { items, next_cursor: 'next', total: 9 }
    const running = await open(
      api({
        cursor: get('/cursor', { query: page.cursor(), returns: page.of(Item) }, () => both),
        offset: get('/offset', { query: page.offset(), returns: page.of(Item, 'offset') }, () => both),
      }),
    )
    const cursor = await running.fetch('/cursor?limit=2')
    expect(await cursor.json()).toEqual({ items, next_cursor: 'next' })
    expect(cursor.headers.get('link')).toBe('</cursor?limit=2&cursor=next>; rel="next"')
    const offset = await running.fetch('/offset?limit=2')
    expect(await offset.json()).toEqual({ items, total: 9 })
    expect(offset.headers.get('link')).toContain('</offset?limit=2&offset=2>; rel="next"')
  })
})
