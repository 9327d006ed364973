import { readAcceptEncoding } from '../../contract/accept-encoding.ts'
import { NotFound } from '../../contract/problems.ts'
import { type ReplyHeaders, type StatedReply, reply } from '../../contract/reply-spec.ts'
import type { Request } from '../../contract/request.ts'
import type { Tool } from './tool.ts'

const ASSETS = new URL('../../../assets/docs/', import.meta.url)

/** The scripts of a page in the order in which it runs them. */
export function scriptNames(tool: Tool): string[] {
  return [writtenName(tool.start, 'js'), ...bundledNames(tool, 'text/javascript')]
}

/** The style sheets of a page, its own last. */
export function styleNames(tool: Tool): string[] {
  return [...bundledNames(tool, 'text/css'), writtenName(tool.style, 'css')]
}

/** The script of the page to which a login leads back. */
export function returnName({ returning = '' }: Tool): string {
  return writtenName(returning, 'js')
}

/**
 * Answers with what a page loads: what its tool lists, and nothing else.
 *
 * @throws NotFound
 */
export async function sendAsset(request: Request, tool: Tool, name: string): Promise<StatedReply<200, Uint8Array>> {
  if (name === writtenName(tool.start, 'js')) return send(new TextEncoder().encode(tool.start), 'text/javascript')
  if (name === writtenName(tool.style, 'css')) return send(new TextEncoder().encode(tool.style), 'text/css')
  if (tool.returning !== undefined && name === returnName(tool)) {
    return send(new TextEncoder().encode(tool.returning), 'text/javascript')
  }
  const file = tool.bundle.files.find((one) => one.name === name)
  if (file === undefined) throw NotFound()
  const packed = await read(file.name)
  const varies = { vary: 'accept-encoding' }
  if (!takesGzip(request.header('accept-encoding'))) return send(await unpack(packed), file.mediaType, varies)
  return send(packed, file.mediaType, { ...varies, 'content-encoding': 'gzip' })
}

/** An asset's name changes when its content does, so it never needs to be asked for again (RFC 8246). */
function send(body: Uint8Array, mediaType: string, headers: ReplyHeaders = {}): StatedReply<200, Uint8Array> {
  return reply(200, body, {
    'content-type': `${mediaType}; charset=utf-8`,
    'cache-control': 'public, max-age=31536000, immutable',
    'x-content-type-options': 'nosniff',
    'cross-origin-resource-policy': 'same-origin',
    ...headers,
  })
}

function bundledNames(tool: Tool, mediaType: string): string[] {
  return tool.bundle.files.filter((file) => file.mediaType === mediaType).map((file) => file.name)
}

/** A name for a text that changes with it. FNV-1a: the point is caching, not secrecy. */
function writtenName(text: string, extension: string): string {
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

/** A caller that says nothing gets the plain bytes. */
function takesGzip(accept = ''): boolean {
  return (readAcceptEncoding(accept)('gzip') ?? 0) > 0
}
