import { api, file, form, get, page, post } from 'trestle'
import { toFetch } from 'trestle/fetch'
import { expect, test } from 'vitest'
import { z } from 'zod'

const Field = z.object({ a: z.string() })

test.each([
  ['a file as a request body', post('/', { body: file() }, () => 1), 'body: file(…) is only for replies'],
  [
    'a page as a request body',
    post('/', { body: page.of(Field).body }, () => 1),
    'body: cursor(…) is only for replies',
  ],
  [
    'a form as a reply',
    get('/', { returns: form(Field) }, () => ({ a: '1' })),
    'returns 200: form(…) is only for request bodies',
  ],
])('%s is refused at start', async (_what, endpoint, message) => {
  await expect(toFetch(api({ endpoint }))).rejects.toThrow(message)
})
