import { expect } from 'vitest'
import type { Expected } from './case.ts'
import { type Received, fieldOf } from './received.ts'

/** A reply, from whichever side it came. */
export interface Answer {
  readonly status: number
  readonly headers: ReadonlyMap<string, string>
  readonly body: Uint8Array
  readonly interim: readonly number[] | undefined
}

export function ofReceived(received: Received): Answer {
  const { status, headers, body, interim } = received
  return { status, headers: new Map(headers.map(([name]) => [name, fieldOf(headers, name) as string])), body, interim }
}

export async function ofResponse(response: Response): Promise<Answer> {
  const body = new Uint8Array(await response.arrayBuffer())
  const headers = new Map([...response.headers])
  const cookies = response.headers.getSetCookie()
  if (cookies.length > 0) headers.set('set-cookie', cookies.join(', '))
  return { status: response.status, headers, body, interim: undefined }
}

/** Holds a reply to what is expected of it, and every reply to what holds for all. */
export function verify(answer: Answer, expected: Expected): void {
  const text = new TextDecoder().decode(answer.body)
  expect(answer.status, text).toBe(expected.status)
  if (answer.interim !== undefined) expect(answer.interim).toEqual(expected.interim ?? [])
  for (const [name, value] of Object.entries(expected.headers ?? {})) {
    const given = answer.headers.get(name)
    if (value === null) expect(given, name).toBeUndefined()
    else if (value instanceof RegExp) expect(given, name).toMatch(value)
    else expect(given, name).toBe(value)
  }
  if (expected.problem !== undefined) verifyProblem(answer, text, expected)
  if (expected.json !== undefined) expect(JSON.parse(text)).toEqual(expected.json)
  if (expected.text !== undefined) expect(text).toBe(expected.text)
  if (expected.bytes !== undefined) expect([...answer.body]).toEqual(expected.bytes)
  if (expected.empty) expect(text).toBe('')
}

/** A problem document (RFC 9457) that agrees with its reply and holds nothing internal. */
function verifyProblem(answer: Answer, text: string, expected: Expected): void {
  expect(answer.headers.get('content-type')).toBe('application/problem+json')
  expect(answer.headers.get('content-length')).toBe(String(answer.body.byteLength))
  const body = JSON.parse(text)
  expect(body).toMatchObject({ type: 'about:blank', status: expected.status, code: expected.problem })
  expect(body.title).toBeTypeOf('string')
  expect(text).not.toMatch(/hunter2|node_modules|\bat .+:\d+:\d+/)
  if (expected.detail !== undefined) expect(body.detail).toContain(expected.detail)
  if (expected.pointers !== undefined) {
    expect(body.errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual(expected.pointers)
  }
}
