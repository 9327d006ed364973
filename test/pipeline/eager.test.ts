import { api, depends, get } from 'trestle'
import { toFetch } from 'trestle/fetch'
import { serve } from 'trestle/node'
import { createTestClient } from 'trestle/testing'
import { expect, test } from 'vitest'
import { deferred } from './wires.ts'

test('an eager dependency is made before the first request; others are not', async () => {
  const made: string[] = []
  const eager = depends({}, () => made.push('eager'), { scope: 'app', eager: true })
  const lazy = depends({}, () => made.push('lazy'), { scope: 'app' })
  const handle = await toFetch(api({ one: get('/', { use: { eager, lazy } }, () => 1) }))
  expect(made).toEqual(['eager'])
  await handle(new Request('http://local/'))
  expect(made).toEqual(['eager', 'lazy'])
  await handle.close()
})

test('one that fails stops the start, and what was made before it is released', async () => {
  const seen: string[] = []
  const pool = depends(
    {},
    async function* () {
      seen.push('opened')
      yield 1
      seen.push('closed')
    },
    { scope: 'app' },
  )
  const migrated = depends(
    { pool },
    () => {
      throw new Error('no such database')
    },
    { scope: 'app', eager: true },
  )
  const shop = api({ one: get('/', { use: { migrated } }, () => 1) })
  for (const start of [
    () => serve(shop, { port: 0, quiet: true }),
    () => toFetch(shop),
    () => createTestClient(shop),
  ]) {
    seen.length = 0
    await expect(start()).rejects.toThrow('no such database')
    expect(seen).toEqual(['opened', 'closed'])
  }
})

test('one that is still being made when the API closes is released', async () => {
  const seen: string[] = []
  const [began, gate, released] = [deferred(), deferred(), deferred()]
  const slow = depends(
    {},
    async function* () {
      began.resolve()
      await gate.promise
      seen.push('opened')
      yield 1
      seen.push('closed')
      released.resolve()
    },
    { scope: 'app' },
  )
  const handle = await toFetch(api({ one: get('/', { use: { slow } }, () => 1) }))
  const reply = handle(new Request('http://local/'))
  await began.promise
  await handle.close()
  gate.resolve()
  await Promise.all([released.promise, reply])
  expect(seen).toEqual(['opened', 'closed'])
}, 5000)
