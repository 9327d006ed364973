import { RangeNotSatisfiable } from '../contract/problems.ts'
import type { Exchange } from './exchange.ts'
import type { WireReply } from './reply.ts'

/** Bytes of a file from `first` up to `last`, that one included. */
interface Range {
  first: number
  last: number
}

/** Ranges of one request; who asks for more gets the whole. Many small ones cost more than all of it (RFC 9110 §17.15). */
const MOST = 16

/**
 * Gives of a file the part that is asked for (RFC 9110 §14): one as it is, several as `multipart/byteranges`. What is no
 * range of bytes is as if it were not there, and so is one for another version than this (`If-Range`).
 *
 * @throws RangeNotSatisfiable where none of them is in the file.
 */
export function answerRange(x: Exchange): void {
  const reply = x.reply as WireReply
  const { body } = reply
  if (reply.status !== 200 || !(body instanceof Blob)) return
  reply.addMissing(['accept-ranges', 'bytes'])
  // Of HEAD and others it is not said what a range would be (RFC 9110 §14.2).
  const field = x.request.method === 'GET' ? x.request.field('range') : undefined
  if (field === undefined || !isSameVersion(x.request.field('if-range'), reply)) return
  // Who asks for a range of whatever there is should have what there is.
  const asked = body.size === 0 ? undefined : readRanges(field, body.size)
  if (asked === undefined) return
  const ranges = merged(asked)
  const [first, second] = ranges
  if (first === undefined) throw RangeNotSatisfiable({ headers: { 'content-range': `bytes */${body.size}` } })
  reply.status = 206
  if (second === undefined) {
    reply.set('content-range', contentRange(first, body.size))
    reply.body = body.slice(first.first, first.last + 1)
    return
  }
  const boundary = crypto.randomUUID()
  reply.body = multipart(body, ranges, boundary, reply.header('content-type'))
  reply.set('content-type', `multipart/byteranges; boundary=${boundary}`)
}

/** True where the caller has a part of this version, or does not say (RFC 9110 §13.1.5): compared strongly, and exactly. */
function isSameVersion(ifRange: string | undefined, reply: WireReply): boolean {
  if (ifRange === undefined) return true
  if (ifRange.startsWith('"')) return ifRange === reply.header('etag')
  const modified = reply.header('last-modified')
  // What changed in this second may change once more in it (§8.8.2.2).
  return ifRange === modified && Date.parse(modified) < Date.now() - 1000
}

/** What is asked for and there; undefined for what is no list of ranges of bytes. */
function readRanges(field: string, size: number): Range[] | undefined {
  const [, list] = /^bytes=(.*)$/i.exec(field) ?? []
  const specs = list?.split(',', MOST + 1).map((spec) => spec.trim()) ?? []
  if (specs.every((spec) => spec === '') || specs.length > MOST) return undefined
  const ranges: Range[] = []
  for (const spec of specs) {
    if (spec === '') continue // lists may have items that are none (RFC 9110 §5.6.1.2)
    const [, from = '', to = ''] = /^(\d*)-(\d*)$/.exec(spec) ?? []
    if (from === '' && to === '') return undefined
    if (from !== '' && to !== '' && Number(to) < Number(from)) return undefined
    const first = from === '' ? Math.max(0, size - Number(to)) : Number(from)
    const last = from === '' || to === '' ? size - 1 : Math.min(Number(to), size - 1)
    if (first <= last) ranges.push({ first, last })
  }
  return ranges
}

/** What is between two ranges and shorter than this is sent as well: the head of a part is as long. */
const GAP = 80

/** Ranges that overlap or nearly touch are one; the others stay in the order in which they were asked for (§15.3.7.2). */
function merged(ranges: readonly Range[]): Range[] {
  const all: Range[] = []
  for (const given of ranges) {
    const range = { ...given }
    // What it grows by may reach another one.
    for (let at = all.findIndex((one) => isNear(one, range)); at !== -1; at = all.findIndex((o) => isNear(o, range))) {
      const [near] = all.splice(at, 1) as [Range]
      range.first = Math.min(range.first, near.first)
      range.last = Math.max(range.last, near.last)
    }
    all.push(range)
  }
  return all
}

function isNear(one: Range, other: Range): boolean {
  return one.first <= other.last + GAP && other.first <= one.last + GAP
}

function contentRange({ first, last }: Range, size: number): string {
  return `bytes ${first}-${last}/${size}`
}

/** RFC 9110 §14.6. What it is made of is read while it is sent. */
function multipart(body: Blob, ranges: readonly Range[], boundary: string, type: string | undefined): Blob {
  const parts: (string | Blob)[] = []
  for (const range of ranges) {
    const typed = type === undefined ? '' : `Content-Type: ${type}\r\n`
    parts.push(`\r\n--${boundary}\r\n${typed}Content-Range: ${contentRange(range, body.size)}\r\n\r\n`)
    parts.push(body.slice(range.first, range.last + 1))
  }
  return new Blob([...parts, `\r\n--${boundary}--\r\n`])
}
