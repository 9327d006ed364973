import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createTestClient } from 'trestle/testing'
import library from '../../examples/library/library.ts'

export const folder: string = path.resolve(import.meta.dirname, '../../examples/library')

/** Cards of the dump, and their PINs. */
export const cards = { edith: ['S-0001', '4711'], amir: ['R-1042', '2580'], ines: ['R-1108', '1357'] } as const

/** The library on a database of its own, and what removes it. */
export async function openLibrary() {
  const scratch = await mkdtemp(path.join(tmpdir(), 'trestle-library-'))
  process.env.DATABASE_FILE = path.join(scratch, 'library.db')
  const test = await createTestClient(library)
  return {
    ...test,
    /** The client of somebody with a card. */
    of: (who: keyof typeof cards) => test.as({ authorization: `Basic ${btoa(cards[who].join(':'))}` }),
    remove: async () => {
      await test.close()
      delete process.env.DATABASE_FILE
      await rm(scratch, { recursive: true, force: true })
    },
  }
}
