import { refuseField } from '../../contract/field-errors.ts'
import { pointerKey, pointerStep } from '../../contract/json-pointer.ts'
import type { FieldError } from '../../contract/problem.ts'
import { type BatchedRequest, ID } from './batch-schemas.ts'

/** A place in the reply to an earlier request: `customer#/body/id`. */
export interface Reference {
  readonly id: string
  /** The steps of a JSON pointer (RFC 6901) into `{ status, headers, body }`. */
  readonly steps: readonly string[]
}

/** Characters of a path in which references are looked for: no server takes more (RFC 9110 §4.1 asks for 8,000). */
const PATH_LIMIT = 8192
/** Values that one request may copy. */
const COPIES = 100

/** A request with what it takes from others. */
export interface Planned {
  readonly index: number
  readonly request: BatchedRequest
  readonly method: string
  /** The path in pieces: text, and what is put between. */
  readonly path: readonly (string | Reference)[]
  /** Where something is put, in `{ headers, body }`, and what. */
  readonly copy: readonly (readonly [to: readonly string[], from: Reference])[]
  /** The requests that it takes something from. */
  readonly needs: readonly number[]
}

/** Reads what requests take from each other. What is wrong goes to `errors`: a request can name earlier ones alone. */
export function planRequests(requests: readonly BatchedRequest[], errors: FieldError[]): readonly Planned[] {
  const places = new Map<string, number>()
  return requests.map((request, index) => {
    const pointer = `/body/requests/${index}`
    const needs = new Set<number>()
    const read = (text: string, at: string): Reference | undefined => {
      const reference = referenceOf(text)
      if (reference === undefined) {
        const message = 'Write it as "order#/body/id": the id of an earlier request, and what of its reply'
        refuseField(errors, { pointer: at, code: 'invalid_reference', message })
        return undefined
      }
      const place = places.get(reference.id)
      if (place === undefined) {
        const message = `No request before this one has the id "${reference.id}"`
        refuseField(errors, { pointer: at, code: 'unknown_reference', message })
      } else needs.add(place)
      return reference
    }
    const path = splitPath(request.path, `${pointer}/path`, read, errors)
    const copies = Object.entries(request.copy ?? {})
    if (copies.length > COPIES) {
      refuseField(errors, { pointer: `${pointer}/copy`, code: 'too_big', message: `May have ${COPIES} values` })
    }
    const copy = copies.slice(0, COPIES).flatMap(([to, from]) => {
      const at = `${pointer}/copy${pointerStep(to)}`
      const steps = stepsOf(to)
      const isPlace = steps?.[0] === 'body' || (steps?.[0] === 'headers' && steps.length === 2)
      if (!isPlace) {
        refuseField(errors, { pointer: at, code: 'invalid_pointer', message: 'Copy to "/body/…" or "/headers/name"' })
      }
      const reference = read(from, at)
      return steps === undefined || reference === undefined ? [] : [[steps, reference] as const]
    })
    if (request.id !== undefined) {
      if (places.has(request.id)) {
        refuseField(errors, { pointer: `${pointer}/id`, code: 'repeated', message: 'Another request has this id' })
      }
      places.set(request.id, index)
    }
    return { index, request, method: request.method ?? 'GET', path, copy, needs: [...needs] }
  })
}

/** Braces stand for themselves in no URI (RFC 3986 §2): what is meant as one is `%7B`. */
function splitPath(
  path: string,
  pointer: string,
  read: (text: string, at: string) => Reference | undefined,
  errors: FieldError[],
): readonly (string | Reference)[] {
  if (path.length > PATH_LIMIT) return [path]
  return path.split(/(\{[^{}]*\})/).flatMap((piece) => {
    if (/^\{.*\}$/s.test(piece)) return read(piece.slice(1, -1), pointer) ?? []
    if (/[{}]/.test(piece)) {
      refuseField(errors, {
        pointer,
        code: 'invalid_reference',
        message: 'A brace that is none of a reference is "%7B" or "%7D"',
      })
    }
    return piece === '' ? [] : piece
  })
}

function referenceOf(text: string): Reference | undefined {
  const mark = text.indexOf('#')
  const id = text.slice(0, Math.max(mark, 0))
  const steps = stepsOf(text.slice(mark + 1))
  if (!ID.test(id) || steps === undefined) return undefined
  return ['status', 'headers', 'body'].includes(steps[0] as string) ? { id, steps } : undefined
}

/** The steps of a JSON pointer (RFC 6901 §3); undefined where it is none, or of the whole. */
function stepsOf(pointer: string): readonly string[] | undefined {
  if (!pointer.startsWith('/') || /~(?![01])/.test(pointer)) return undefined
  const steps = pointer.slice(1).split('/')
  return steps.map(pointerKey)
}

/** What is at a place; undefined where there is nothing. */
export function valueAt(whole: unknown, steps: readonly string[]): unknown {
  let value = whole
  for (const step of steps) {
    if (value === null || typeof value !== 'object') return undefined
    if (Array.isArray(value) && !/^(?:0|[1-9]\d*)$/.test(step)) return undefined
    if (!Object.hasOwn(value, step)) return undefined
    value = (value as Record<string, unknown>)[step]
  }
  return value
}

/** Puts a value at a place, as the operation "add" of RFC 6902 §4.1 where that is new; false where there is no such place. */
export function putAt(whole: object, steps: readonly string[], value: unknown): boolean {
  const holder = valueAt(whole, steps.slice(0, -1))
  const last = steps.at(-1) as string
  if (holder === null || typeof holder !== 'object') return false
  if (Array.isArray(holder)) {
    const place = last === '-' ? holder.length : /^(?:0|[1-9]\d*)$/.test(last) ? Number(last) : -1
    if (place < 0 || place > holder.length) return false
    holder[place] = value
    return true
  }
  // Set as any other, `__proto__` would be no member.
  Object.defineProperty(holder, last, { value, enumerable: true, configurable: true, writable: true })
  return true
}
