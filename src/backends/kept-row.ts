import type { Begun, KeptReply } from '../policies/replay-store.ts'

/** A reply as rows and hashes hold it. */
export interface KeptRow {
  readonly status: number | null
  /** JSON of names and values. */
  readonly headers: string | null
  readonly body: Uint8Array | null
  /** 1 where the body is text. */
  readonly is_text: number | null
}

export function toRow({ status, headers, body }: KeptReply): KeptRow {
  return {
    status,
    headers: JSON.stringify(headers),
    body: typeof body === 'string' ? new TextEncoder().encode(body) : (body ?? null),
    is_text: typeof body === 'string' ? 1 : 0,
  }
}

export function toReply({ status, headers, body, is_text }: KeptRow): KeptReply {
  return {
    status: status as number,
    headers: JSON.parse(headers ?? '[]') as KeptReply['headers'],
    body: body === null ? undefined : is_text === 1 ? new TextDecoder().decode(body) : new Uint8Array(body),
  }
}

/** What is known of a key that somebody has begun with before. */
export function begunBy(
  row: KeptRow & { readonly fingerprint: string; readonly leased: boolean },
  fingerprint: string,
): Begun {
  if (row.fingerprint !== fingerprint) return { is: 'other' }
  if (row.status !== null) return { is: 'done', reply: toReply(row) }
  return { is: row.leased ? 'running' : 'unknown' }
}
