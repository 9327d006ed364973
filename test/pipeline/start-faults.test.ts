import { type Dependency, api, depends, get } from 'trestle'
import { createTestClient } from 'trestle/testing'
import { expect, test } from 'vitest'

test.each([
  ['undefined', undefined, 'is undefined'],
  ['a value', 7, 'is not a dependency'],
])('a dependency that is %s is told at start, by all that use it', async (_, given, what) => {
  const session = depends({ given: given as unknown as Dependency }, () => 1)
  const app = api({
    one: get('/one', { use: { given: given as never } }, () => 1),
    two: get('/two', { use: { session } }, () => 2),
  })
  await expect(createTestClient(app)).rejects.toMatchObject({
    faults: [
      { operation: 'one', field: 'use.given', what },
      { operation: 'two', field: 'use.session → given', what },
    ],
  })
})
