import type { ReplyEncoder } from '../compile/encoder.ts'
import type { SchemaResult } from '../contract/schema.ts'
import type { Exchange } from './exchange.ts'
import { ReplyMismatch } from './reply-mismatch.ts'
import type { WireReply } from './reply.ts'

/**
 * Holds the header fields of a reply against the schema that describes them, as text that is read like a request's.
 * A field with a default that is missing is added, for the description says that it is there.
 *
 * @throws {ReplyMismatch}
 */
export async function checkHeaders(x: Exchange, encoder: ReplyEncoder, reply: WireReply): Promise<void> {
  if (encoder.headers === undefined) return
  const { fields, validate } = encoder.headers
  const names = fields?.keys() ?? reply.fields.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase())
  const values: Record<string, unknown> = {}
  for (const name of new Set(names)) {
    const text = reply.header(name)
    if (text === undefined) continue
    const field = fields?.get(name)
    if (field === undefined) values[name] = text
    else values[name] = field.list ? text.split(',').map((item) => field.convert(item.trim())) : field.convert(text)
  }
  const result: SchemaResult<unknown> = await validate(values)
  if (result.issues !== undefined) {
    const issues = result.issues.map((issue) => ({ ...issue, path: ['headers', ...(issue.path ?? [])] }))
    throw new ReplyMismatch(x.operation, encoder.status, issues)
  }
  for (const [name, value] of Object.entries(result.value as object)) {
    if (reply.header(name) === undefined && isPlain(value)) reply.set(name, String(value))
  }
}

function isPlain(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
}
