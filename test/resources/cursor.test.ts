import { createHash, createHmac } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cursorKeyOf, openCursor, sealCursor } from '../../src/resources/reading/cursor.ts'

const value = fc.oneof(fc.string({ unit: 'binary' }), fc.double({ noNaN: true }), fc.boolean(), fc.constant(null))

test('a cursor is signed with HMAC-SHA256, as createHmac has it, and gives its values back', () => {
  const secret = fc.oneof(fc.string(), fc.uint8Array({ maxLength: 200 }))
  fc.assert(
    fc.property(secret, fc.string({ unit: 'binary' }), fc.array(value), (secret, list, values) => {
      const key = cursorKeyOf(secret)
      const cursor = sealCursor(key, list, values)
      const bytes = Buffer.from(cursor, 'base64url')
      const hashed = createHash('sha256').update(secret).digest()
      const expected = createHmac('sha256', hashed).update(`${list}\0`).update(bytes.subarray(16)).digest()
      expect(bytes.subarray(0, 16).toString('hex')).toBe(expected.subarray(0, 16).toString('hex'))
      const plain = (of: unknown) => (Object.is(of, -0) ? 0 : of)
      expect(openCursor(key, list, cursor).map(plain)).toEqual(values.map(plain))
      expect(() => openCursor(key, `${list}x`, cursor)).toThrow('Give the next_cursor')
      expect(() => openCursor(cursorKeyOf(`${secret}x`), list, cursor)).toThrow('Give the next_cursor')
    }),
  )
})

test.each(['', 'a', 'AAAA', 'A'.repeat(22), `${'A'.repeat(22)}==`])('%j is no cursor', (cursor) => {
  expect(() => openCursor(cursorKeyOf('secret'), 'list', cursor)).toThrow('Give the next_cursor')
})
