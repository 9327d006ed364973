import { type Expectation, alternatives } from './expectation.ts'

/**
 * The values that a variable's text may stand for, the likeliest first: the first that the schema
 * takes is meant. A schema that says nothing of itself is offered the text, then what JSON makes of it.
 */
export function readings(text: string, expected: Expectation): readonly unknown[] {
  return [...new Set(alternatives(expected).flatMap((one) => reading(text, one)))]
}

function reading(text: string, one: Expectation): unknown[] {
  const trimmed = text.trim()
  switch (one.type) {
    case 'integer':
    case 'number':
      return [number(trimmed) ?? text]
    case 'boolean':
      return [BOOLEANS.get(trimmed.toLowerCase()) ?? text]
    case 'array':
      return [trimmed.startsWith('[') ? json(trimmed, text) : list(trimmed, one)]
    case 'object':
      return [json(trimmed, text)]
    case 'null':
      return trimmed === 'null' ? [null] : []
    case 'string':
      return [text]
    default:
      return [text, number(trimmed) ?? text, BOOLEANS.get(trimmed.toLowerCase()) ?? text, json(trimmed, text)]
  }
}

const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['1', true],
  ['yes', true],
  ['on', true],
  ['false', false],
  ['0', false],
  ['no', false],
  ['off', false],
])

/** Decimal only: `0x10`, `Infinity` and an empty text are no numbers that a person means. */
function number(text: string): number | undefined {
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : undefined
}

function list(text: string, one: Expectation): unknown[] {
  const items = (one.items as Expectation | undefined) ?? { type: 'string' }
  const parts = text.split(',').map((part) => part.trim())
  return parts.filter((part) => part !== '').map((part) => readings(part, items)[0])
}

function json(text: string, otherwise: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return otherwise
  }
}
