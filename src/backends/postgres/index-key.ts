import { createHash } from 'node:crypto'

/** Characters of which even those of three bytes fit into a row of an index, which has room for 2704 bytes. */
const LONGEST = 600

/** Names as an index of Postgres holds them: a hash stands for one that is too long, or has a NUL, which no text may have. */
export function toIndexKey(name: string): string {
  if (name.length <= LONGEST && !name.includes('\0')) return name
  return `sha256:${createHash('sha256').update(name).digest('base64url')}`
}
