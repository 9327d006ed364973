import type { Request } from '../../contract/request.ts'
import { type StatedReply, reply } from '../../contract/reply-spec.ts'

/** Its name changes when its content does, so it never needs to be asked for again (RFC 8246). */
const HEADERS = {
  'cache-control': 'public, max-age=31536000, immutable',
  'x-content-type-options': 'nosniff',
  'cross-origin-resource-policy': 'same-origin',
}

const ASSETS = new URL('../../../assets/docs/', import.meta.url)

/** Answers with a file of `assets/docs`, which holds them gzipped. */
export async function sendBundled(request: Request, name: string): Promise<StatedReply<200, Uint8Array>> {
  const packed = await read(name)
  const headers = { ...HEADERS, vary: 'accept-encoding' }
  if (takesGzip(request.header('accept-encoding'))) {
    return reply(200, packed, { ...headers, 'content-encoding': 'gzip' })
  }
  return reply(200, await unpack(packed), headers)
}

/** Answers with a script or style that stands in the code. */
export function sendWritten(text: string): StatedReply<200, Uint8Array> {
  return reply(200, new TextEncoder().encode(text), HEADERS)
}

/** A name for a text that changes with it. FNV-1a: the point is caching, not secrecy. */
export function nameOf(text: string, extension: string): string {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  return `start-${(hash >>> 0).toString(16).padStart(8, '0')}.${extension}`
}

/** Node's file system, loaded when a page is first asked for: the core imports nothing from `node:`. */
async function read(name: string): Promise<Uint8Array<ArrayBuffer>> {
  const { readFile } = await import('node:fs/promises')
  try {
    return new Uint8Array(await readFile(new URL(`${name}.gz`, ASSETS)))
  } catch (cause) {
    throw new Error(`${name} is not in assets/docs: run "node scripts/vendor-assets.mjs"`, { cause })
  }
}

async function unpack(packed: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const plain = new Blob([packed]).stream().pipeThrough(new DecompressionStream('gzip'))
  return new Uint8Array(await new Response(plain).arrayBuffer())
}

/** RFC 9110 §12.5.3: `gzip`, `x-gzip` or `*`, unless weighed 0. A caller that says nothing gets the plain bytes. */
function takesGzip(accept = ''): boolean {
  const weights = new Map<string, boolean>()
  for (const item of accept.split(',')) {
    const [coding = '', ...params] = item.split(';').map((part) => part.trim().toLowerCase())
    weights.set(coding, !params.some((param) => /^q=0(\.0{0,3})?$/.test(param)))
  }
  return weights.get('gzip') ?? weights.get('x-gzip') ?? weights.get('*') ?? false
}
