import { api, get, group, implement, post } from 'trestle'
import { createTestClient } from 'trestle/testing'
import { expect, test } from 'vitest'
import { z } from 'zod'

const Note = z.object({ id: z.int(), text: z.string() })
const contract = api(
  { title: 'Notes' },
  {
    ping: get('/ping', () => 'pong'),
    notes: group('/notes', {
      read: get('/{id}', { params: z.object({ id: z.int() }), returns: Note }),
      write: post('/', { body: Note, returns: Note }),
    }),
  },
)

test('a contract gets its handlers elsewhere', async () => {
  const notes = implement(contract.notes, {
    read: ({ params }) => ({ id: params.id, text: 'kept' }),
    write: ({ body }) => body,
  })
  const test = await createTestClient(api({ notes, ping: contract.ping }))
  expect(await test.client.notes.read({ params: { id: 4 } })).toEqual({ id: 4, text: 'kept' })
  expect(await test.client.ping()).toBe('pong')
  await test.close()
})

test('every handler that is missing, too many or given twice is named at once', () => {
  const handlers = { ping: () => 'again', notes: { read: () => ({ id: 1, text: '' }), erase: () => 1 } }
  expect(() => implement(contract, handlers as never)).toThrow(
    'implement: ping has a handler already; remove one of the two; notes.erase is not in the contract; ' +
      'notes.write (POST /notes) needs a handler',
  )
})
