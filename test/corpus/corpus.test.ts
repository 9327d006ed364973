import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Child } from '../matrix/children.ts'
import { corpus } from './corpus.ts'
import { inOnePiece } from './delivery.ts'
import { exchange } from './exchange.ts'
import { FORMS, START } from './forms.ts'

for (const [topic, list] of Object.entries(corpus)) {
  it(`${topic}: each case has a name of its own`, () => {
    expect(new Set(list.map(({ name }) => name)).size).toBe(list.length)
  })
}

for (const form of FORMS) {
  describe(`on ${form}`, () => {
    let child: Child
    beforeAll(async () => {
      child = await START[form]()
    })
    afterAll(() => child?.stop())

    for (const [topic, list] of Object.entries(corpus)) {
      describe(topic, () => {
        for (const one of list) {
          it(`${one.name} (${one.clause}, ${one.level})`, async () => {
            await exchange(one, form, child.port, inOnePiece)
          })
        }
      })
    }
  })
}
