import { afterEach, expect, it } from 'vitest'
import { createDigest } from '../../src/policies/digest.ts'

const { getBuiltinModule } = process

afterEach(() => {
  process.getBuiltinModule = getBuiltinModule
})

it('is the same where a runtime has no hash of its own, and a promise there', async () => {
  const here = createDigest()
  process.getBuiltinModule = (() => undefined) as typeof getBuiltinModule
  const elsewhere = createDigest()
  for (const data of ['', 'tea', 'Jürgen ☕', new Uint8Array([0, 1, 255, 254, 62, 63])]) {
    const made = here(data)
    expect(made).toMatch(/^[\w-]{27}$/)
    expect(elsewhere(data)).toBeInstanceOf(Promise)
    expect(await elsewhere(data)).toBe(made)
  }
})
