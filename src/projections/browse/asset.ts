import { NotFound } from '../../contract/problems.ts'
import { type StatedReply, reply } from '../../contract/reply-spec.ts'

/** They are served as they are written, and so come with the sources. */
const FOLDER = new URL('../../../src/projections/browse/client/', import.meta.url)

/** What a page loads, and nothing else. */
const FILES: Readonly<Record<string, string>> = {
  'browse.css': 'text/css',
  'browse.js': 'text/javascript',
  'admin.js': 'text/javascript',
  'body.js': 'text/javascript',
  'credentials.js': 'text/javascript',
  'element.js': 'text/javascript',
  'provider.js': 'text/javascript',
  'send.js': 'text/javascript',
  'visit.js': 'text/javascript',
}

/** Addresses of what a page loads. */
export interface PageFiles {
  readonly style: string
  readonly script: string
}

/** What pages load. */
export interface Assets {
  /** Their addresses under a place. They change with what is there, which is therefore kept for ever (RFC 8246). */
  readonly at: (place: string) => PageFiles
  /** @throws NotFound */
  readonly send: (name: string) => StatedReply<200, Uint8Array>
}

/** Reads them. Node's file system is loaded with the first page: the core imports nothing from `node:`. */
export async function readAssets(): Promise<Assets> {
  const { readFile } = await import('node:fs/promises')
  const read = Object.keys(FILES).map(
    async (name) => [name, new Uint8Array(await readFile(new URL(name, FOLDER)))] as const,
  )
  const files = new Map(await Promise.all(read))
  const version = versionOf(files)
  return {
    at: (place) => {
      const folder = `${place}/assets/${version}`
      return { style: `${folder}/browse.css`, script: `${folder}/browse.js` }
    },
    send: (name) => {
      const found = files.get(name)
      if (found === undefined) throw NotFound()
      return reply(200, found, {
        'content-type': `${FILES[name]}; charset=utf-8`,
        'cache-control': 'public, max-age=31536000, immutable',
        'x-content-type-options': 'nosniff',
        'cross-origin-resource-policy': 'same-origin',
      })
    },
  }
}

/** FNV-1a over all of them: the point is caching, not secrecy. */
function versionOf(all: ReadonlyMap<string, Uint8Array>): string {
  let hash = 0x811c9dc5
  for (const bytes of all.values()) for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193)
  return (hash >>> 0).toString(16).padStart(8, '0')
}
