import { setTimeout as sleep } from 'node:timers/promises'
import { readFile } from 'node:fs/promises'
import { isProblem, Unavailable } from 'trestle'
import { createPasswords } from 'trestle/auth'
import { expect, it } from 'vitest'

it('hashes by argon2id with the parameters of OWASP, and compares', async () => {
  const passwords = await createPasswords()
  const hash = await passwords.hash('correct horse')
  expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
  expect(await passwords.hash('correct horse')).not.toBe(hash)
  expect(await passwords.verify(hash, 'correct horse')).toBe(true)
  expect(await passwords.verify(hash, 'correct horses')).toBe(false)
  expect(await passwords.verify(undefined, 'correct horse')).toBe(false)
  expect(passwords.needsRehash(hash)).toBe(false)
  expect(passwords.needsRehash(hash.replace('t=2', 't=1'))).toBe(true)
  expect(passwords.needsRehash(hash.replace('argon2id', 'argon2i'))).toBe(true)
})

it('knows a hash of something else, which is to be made anew', async () => {
  const passwords = await createPasswords()
  const bcrypt = '$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy'
  expect(passwords.needsRehash(bcrypt)).toBe(true)
  await expect(passwords.verify(bcrypt, 'correct horse')).rejects.toThrow('this hash is none of argon2')
})

it('is the same however characters are composed', async () => {
  const passwords = await createPasswords()
  expect(await passwords.verify(await passwords.hash('Ju\u0308rgen'), 'J\u00fcrgen')).toBe(true)
})

it('takes none that is empty or too long', async () => {
  const passwords = await createPasswords()
  await expect(passwords.hash('')).rejects.toThrow('a password has 1 to 1024 bytes, not 0')
  await expect(passwords.hash('ü'.repeat(513))).rejects.toThrow('not 1026')
  const longest = 'ü'.repeat(512)
  const hash = await passwords.hash(longest)
  expect(await passwords.verify(hash, longest)).toBe(true)
  expect(await passwords.verify(hash, `${longest}ü`)).toBe(false)
  expect(await passwords.verify(hash, '')).toBe(false)
})

it("takes as long for nobody's password as for a wrong one", async () => {
  const passwords = await createPasswords()
  const hash = await passwords.hash('correct horse')
  const times: Record<'wrong' | 'nobody', number[]> = { wrong: [], nobody: [] }
  for (let i = 0; i < 30; i++) {
    for (const [name, given] of [
      ['wrong', hash],
      ['nobody', undefined],
    ] as const) {
      const began = performance.now()
      await passwords.verify(given, 'wrong')
      times[name].push(performance.now() - began)
    }
  }
  const median = (list: number[]): number => list.toSorted((a, b) => a - b)[list.length >> 1] as number
  const ratio = median(times.nobody) / median(times.wrong)
  expect(ratio).toBeGreaterThan(0.5)
  expect(ratio).toBeLessThan(2)
})

it('leaves threads to others, and refuses what would wait for too long', async () => {
  const passwords = await createPasswords()
  const hash = await passwords.hash('correct horse')
  const all = Array.from({ length: 150 }, () => passwords.verify(hash, 'wrong').catch((error: unknown) => error))
  await sleep(1)
  const began = performance.now()
  await readFile(import.meta.filename)
  expect(performance.now() - began).toBeLessThan(500)
  const told = await Promise.all(all)
  expect(told.filter((one) => one === false)).toHaveLength(102)
  expect(told.filter((one) => isProblem(one, Unavailable))).toHaveLength(48)
  expect(await passwords.verify(hash, 'correct horse')).toBe(true)
}, 30_000)
