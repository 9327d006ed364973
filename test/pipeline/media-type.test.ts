import { describe, expect, it } from 'vitest'
import { essence } from '../../src/pipeline/media-type.ts'

describe('the media type of a body', () => {
  it.each([
    ['application/json', 'application/json'],
    ['Application/JSON ; Charset="UTF-8" ;', 'application/json'],
    ['application/json;;a=b', 'application/json'],
    ['application/json; a="x;\\" y"', 'application/json'],
    ['application/json; note="; charset=utf-16"', 'application/json'],
    ['application/json; charset=utf-8; charset=utf-16', undefined],
    ['application/json; charset=utf-16; charset=utf-8', undefined],
    ['application/json; charset=""', undefined],
    ['application/json; charset="utf\\-8"', undefined],
    ['application/json, application/json', undefined],
    ['application/json\u0000', undefined],
    ['application/json\u000b', undefined],
    ['application', undefined],
    ['application/', undefined],
    ['/json', undefined],
    ['', undefined],
  ])('%j is %j', (value, expected) => {
    expect(essence(value)).toBe(expected)
  })

  it.each([
    `a/b${'; '.repeat(126)}"`,
    `a/b${' ;'.repeat(126)}"`,
    `a/b${' '.repeat(250)}"`,
    `a/b;a="${'\\'.repeat(248)}`,
    `a/b${';a=b'.repeat(60)}"`,
    `a/b${'; '.repeat(30_000)}"`,
    `a/b;charset=${' '.repeat(60_000)}`,
  ])('is read in time that follows its length: %.20s…', (value) => {
    const began = performance.now()
    expect(essence(value)).toBeUndefined()
    expect(performance.now() - began).toBeLessThan(10)
  })
})
