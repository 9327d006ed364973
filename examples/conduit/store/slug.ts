import { randomBytes } from 'node:crypto'

/** `/articles/feed` is an endpoint, so no article can be reached under that name. */
const RESERVED: readonly string[] = ['feed']
const LONGEST = 80

/** The name of an article in URLs, made from its title; with a tail where another has that name. */
export function slugFor(title: string, isTaken: (slug: string) => boolean): string {
  const words = title
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase()
  const plain = words.match(/[\p{L}\p{N}]+/gu)?.join('-') ?? 'article'
  const slug = [...plain].slice(0, LONGEST).join('')
  if (!RESERVED.includes(slug) && !isTaken(slug)) return slug
  return `${slug}-${randomBytes(4).toString('hex')}`
}
