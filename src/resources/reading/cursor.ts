import { hash, randomBytes, timingSafeEqual } from 'node:crypto'
import { type Dependency, depends } from '../../contract/depends.ts'
import { type ProblemType, problem } from '../../contract/problem.ts'

/** The cursor is of no page of this list, as it is filtered and sorted now. */
export const InvalidCursor: ProblemType<'invalid_cursor', undefined> = problem('invalid_cursor', {
  status: 400,
  title: 'Give the next_cursor of the page before, with the same filters and the same sort',
})

/** Bytes of a signature that a cursor carries: enough that nobody guesses one (RFC 2104 §5). */
const SIGNATURE = 16

/**
 * What cursors are signed with: `TRESTLE_SECRET`, so that the processes of an API take each other's, or else bytes of this
 * process's own.
 */
export const cursorKey: Dependency<CursorKey> = depends(
  {},
  // What is empty is no secret: anybody could sign with it.
  () => cursorKeyOf(process.env.TRESTLE_SECRET || randomBytes(32)),
  { scope: 'app', name: 'the key of cursors' },
)

/** The value of a sort column in the last row of a page. */
export type CursorValue = string | number | boolean | null

/** A cursor of a list, in which it ends with `values`. It holds only where `list` is the same when it comes back. */
export function sealCursor(key: CursorKey, list: string, values: readonly CursorValue[]): string {
  const payload = Buffer.from(`[${values.map(toJson).join()}]`)
  return Buffer.concat([signature(key, list, payload), payload]).toString('base64url')
}

/** @throws InvalidCursor for one that was not made with this secret for this list. */
export function openCursor(key: CursorKey, list: string, cursor: string): readonly CursorValue[] {
  const bytes = Buffer.from(cursor, 'base64url')
  const payload = bytes.subarray(SIGNATURE)
  // Each cursor has one spelling: Node's decoder passes over what is no base64url.
  const isOurs =
    payload.length > 0 &&
    bytes.toString('base64url') === cursor &&
    timingSafeEqual(bytes.subarray(0, SIGNATURE), signature(key, list, payload))
  if (!isOurs) throw InvalidCursor()
  return JSON.parse(payload.toString()) as CursorValue[]
}

/** JSON has no infinity, and what is too great for a double is read as one. */
function toJson(value: CursorValue): string {
  return value === Infinity ? '9e999' : value === -Infinity ? '-9e999' : JSON.stringify(value)
}

/** HMAC-SHA256 (RFC 2104) by two hashes at once: an object of `createHmac` costs ten times as much. */
function signature({ inner, outer }: CursorKey, list: string, payload: Uint8Array): Buffer {
  const message = Buffer.concat([inner, Buffer.from(`${list}\0`), payload])
  return hash('sha256', Buffer.concat([outer, hash('sha256', message, 'buffer')]), 'buffer').subarray(0, SIGNATURE)
}

/** Bytes of a block of SHA-256. */
const BLOCK = 64

function padded(key: Uint8Array, mark: number): Buffer {
  const block = Buffer.alloc(BLOCK, mark)
  for (let i = 0; i < key.length; i++) block[i] = (block[i] as number) ^ (key[i] as number)
  return block
}

/** A secret as cursors are signed with it. */
export interface CursorKey {
  readonly inner: Buffer
  readonly outer: Buffer
}

export function cursorKeyOf(secret: string | Uint8Array): CursorKey {
  // Of any length: it is hashed where it is longer than a block (RFC 2104 §3), and where it is shorter too.
  const key = hash('sha256', Buffer.from(secret as string), 'buffer')
  return { inner: padded(key, 0x36), outer: padded(key, 0x5c) }
}
