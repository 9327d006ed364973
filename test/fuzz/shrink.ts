import { type Draft, dropHeader } from './draft.ts'
import { writeJson } from './hostile.ts'

/** True where a request still fails in the same way. */
export type StillFails = (draft: Draft) => Promise<boolean>

const MOST_TRIES = 120

/** Makes a failing request smaller, as far as that is cheap: fewer fields, less query, less body. */
export async function shrink(draft: Draft, fails: StillFails): Promise<Draft> {
  let best = draft
  let tries = 0
  for (let better = true; better; ) {
    better = false
    for (const candidate of smaller(best)) {
      if (tries++ >= MOST_TRIES) return best
      if (!(await fails(candidate))) continue
      best = candidate
      better = true
      break
    }
  }
  return best
}

/** Requests that are a step smaller, the boldest steps first. */
function* smaller(draft: Draft): Generator<Draft> {
  const copy = (change: (draft: Draft) => void): Draft => {
    const made = { ...draft, headers: draft.headers.map(([name, value]): [string, string] => [name, value]) }
    change(made)
    return made
  }
  if (draft.body !== undefined && draft.framing !== 'given')
    yield copy((made) => Object.assign(made, { body: undefined }))
  if (draft.framing === 'chunked') yield copy((made) => Object.assign(made, { framing: 'length' }))
  if (draft.query !== undefined) {
    yield copy((made) => Object.assign(made, { query: undefined }))
    const pairs = draft.query.split('&')
    if (pairs.length > 1) {
      const step = Math.max(1, Math.floor(pairs.length / 4))
      for (let at = 0; at < pairs.length; at += step) {
        yield copy((made) => Object.assign(made, { query: pairs.toSpliced(at, step).join('&') }))
      }
    }
  }
  if (draft.headers.length > 10) {
    const half = Math.floor(draft.headers.length / 2)
    yield copy((made) => made.headers.splice(1, half))
    yield copy((made) => made.headers.splice(half + 1))
  }
  for (const [name] of draft.headers.slice(0, 12)) {
    if (!/^(host|content-type)$/i.test(name)) yield copy((made) => dropHeader(made, name.toLowerCase()))
  }
  if (draft.body !== undefined)
    for (const body of smallerBodies(draft.body)) yield copy((made) => Object.assign(made, { body }))
}

function* smallerBodies(body: Uint8Array): Generator<Uint8Array> {
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch {
    for (let step = Math.floor(body.length / 2); step >= Math.max(1, body.length / 8); step = Math.floor(step / 2)) {
      yield body.subarray(0, body.length - step)
      yield body.subarray(step)
    }
    return
  }
  for (const one of smallerValues(value, 0)) yield Buffer.from(writeJson(one))
}

function* smallerValues(value: unknown, depth: number): Generator<unknown> {
  if (typeof value === 'string' && value.length > 1) {
    yield value.slice(0, Math.ceil(value.length / 2))
    yield value.slice(Math.ceil(value.length / 2))
    if (value.length < 16) yield value.slice(1)
  }
  if (value === null || typeof value !== 'object' || depth > 5) return
  if (Array.isArray(value)) {
    if (value.length > 3) yield value.slice(0, Math.ceil(value.length / 2))
    for (let i = 0; i < Math.min(value.length, 20); i++) {
      yield value.toSpliced(i, 1)
      for (const inner of smallerValues(value[i], depth + 1)) yield value.with(i, inner)
    }
    return
  }
  const entries = Object.entries(value)
  if (entries.length > 8) yield Object.fromEntries(entries.slice(0, Math.ceil(entries.length / 2)))
  for (const [name, field] of entries.slice(0, 20)) {
    yield Object.fromEntries(entries.filter(([other]) => other !== name))
    for (const inner of smallerValues(field, depth + 1)) {
      yield Object.fromEntries(entries.map(([other, same]) => [other, other === name ? inner : same]))
    }
  }
}
