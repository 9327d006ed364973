/** Bytes at the beginning of a file that tell its type. */
export const TELLING_BYTES = 64

/** What a signature tells. */
interface Signature {
  readonly type: string
  /** Its bytes as Latin-1. */
  readonly bytes: string
  /** What is kept in the same form and calls itself something else. */
  readonly also?: RegExp
}

const ZIPPED = /\+zip$|^application\/(vnd\..+|x-.+|java-archive)$/

/**
 * Signatures of files that are often sent, each long enough that no text begins so by chance (WHATWG MIME Sniffing §6, and
 * the formats' own descriptions).
 */
const SIGNATURES: readonly Signature[] = [
  { type: 'image/png', bytes: '\x89PNG\r\n\x1a\n', also: /^image\/(apng|vnd\.mozilla\.apng|x-png)$/ },
  { type: 'image/jpeg', bytes: '\xff\xd8\xff', also: /^image\/(jpg|pjpeg)$/ },
  { type: 'image/gif', bytes: 'GIF87a' },
  { type: 'image/gif', bytes: 'GIF89a' },
  { type: 'image/tiff', bytes: 'II*\0', also: /^image\// },
  { type: 'image/tiff', bytes: 'MM\0*', also: /^image\// },
  { type: 'application/pdf', bytes: '%PDF-', also: /^application\/(x-pdf|illustrator|postscript)$/ },
  // Documents, packages and books are archives inside.
  { type: 'application/zip', bytes: 'PK\x03\x04', also: ZIPPED },
  { type: 'application/zip', bytes: 'PK\x05\x06', also: ZIPPED },
  { type: 'application/gzip', bytes: '\x1f\x8b\x08', also: /^application\/(x-)?(g?tar|tgz|compressed(-tar)?)$/ },
  { type: 'application/x-7z-compressed', bytes: '7z\xbc\xaf\x27\x1c' },
  { type: 'application/vnd.rar', bytes: 'Rar!\x1a\x07', also: /^application\/(x-)?rar/ },
  { type: 'audio/mpeg', bytes: 'ID3\x02', also: /^audio\// },
  { type: 'audio/mpeg', bytes: 'ID3\x03', also: /^audio\// },
  { type: 'audio/mpeg', bytes: 'ID3\x04', also: /^audio\// },
  { type: 'audio/flac', bytes: 'fLaC', also: /^audio\/x-flac$/ },
  { type: 'application/ogg', bytes: 'OggS\0', also: /^(audio|video)\// },
  { type: 'video/webm', bytes: '\x1a\x45\xdf\xa3', also: /^(audio|video)\// },
  { type: 'application/wasm', bytes: '\0asm' },
  { type: 'font/woff', bytes: 'wOFF', also: /^application\/(x-)?font-woff$/ },
  { type: 'font/woff2', bytes: 'wOF2', also: /^application\/(x-)?font-woff2$/ },
  {
    type: 'application/x-elf',
    bytes: '\x7fELF',
    also: /^application\/x-(executable|sharedlib|object|pie-executable)$/,
  },
  { type: 'application/vnd.sqlite3', bytes: 'SQLite format 3\0', also: /^application\/(x-|vnd\.)/ },
]

/** Brands of ISO media files (ISO/IEC 14496-12 §4.3) that are no video. */
const BRANDS: Readonly<Record<string, string>> = {
  avif: 'image/avif',
  avis: 'image/avif',
  heic: 'image/heic',
  heix: 'image/heic',
  heim: 'image/heic',
  heis: 'image/heic',
  hevc: 'image/heic',
  msf1: 'image/heif',
  mif1: 'image/heif',
  'M4A ': 'audio/mp4',
  'M4B ': 'audio/mp4',
  'qt  ': 'video/quicktime',
}

/** Types that a file has to bear out: without the signature it is something else. */
const BORNE_OUT: ReadonlySet<string> = new Set([
  'image/png',
  'image/jpeg',
  'image/gif',
  'image/webp',
  'image/avif',
  'image/heic',
  'application/pdf',
  'application/zip',
  'application/gzip',
  'audio/mpeg',
  'audio/wav',
  'audio/flac',
  'video/mp4',
  'video/webm',
])

/** Other names of types that have to be borne out. */
const SAME: Readonly<Record<string, string>> = {
  'image/jpg': 'image/jpeg',
  'image/pjpeg': 'image/jpeg',
  'image/x-png': 'image/png',
  'application/x-pdf': 'application/pdf',
  'application/x-zip-compressed': 'application/zip',
  'application/x-gzip': 'application/gzip',
  'audio/mp3': 'audio/mpeg',
  'audio/x-wav': 'audio/wav',
  'audio/wave': 'audio/wav',
  'audio/vnd.wave': 'audio/wav',
  'audio/x-flac': 'audio/flac',
}

/** The one name of a type that has several. */
export function plainType(type: string): string {
  return Object.hasOwn(SAME, type) ? (SAME[type] as string) : type
}

/** What says nothing of a file. */
const GENERAL = 'application/octet-stream'

/** What a file is found to be: its type, or undefined and what its bytes are, where they are not what they are said to be. */
export type Found = { readonly type: string } | { readonly type: undefined; readonly sniffed: string | undefined }

/**
 * The type of a file, by what its caller says and its first bytes.
 *
 * @param said its media type without parameters, where the caller says one.
 * @param start the first bytes, TELLING_BYTES of them where there are as many.
 */
export function fileType(said: string | undefined, start: Uint8Array): Found {
  const sniffed = sniff(start)
  const type = said === undefined || said === GENERAL ? undefined : plainType(said)
  if (type === undefined) return { type: sniffed?.type ?? GENERAL }
  if (sniffed === undefined) return BORNE_OUT.has(type) ? { type: undefined, sniffed: undefined } : { type }
  const isSame = type === sniffed.type || (sniffed.also?.test(type) === true && !BORNE_OUT.has(type))
  return isSame || bothAre(type, sniffed.type) ? { type } : { type: undefined, sniffed: sniffed.type }
}

/** One container, and what it is called depends on what is in it: nobody can tell by its beginning. */
function bothAre(type: string, sniffed: string): boolean {
  const mp4 = ['video/mp4', 'audio/mp4', 'video/quicktime', 'video/x-m4v', 'audio/x-m4a', 'video/3gpp']
  const heif = ['image/heic', 'image/heif', 'image/avif']
  return [mp4, heif].some((names) => names.includes(type) && names.includes(sniffed))
}

function sniff(start: Uint8Array): Pick<Signature, 'type' | 'also'> | undefined {
  const found = SIGNATURES.find(({ bytes }) => has(start, bytes, 0))
  if (found !== undefined) return found
  if (has(start, 'RIFF', 0)) {
    if (has(start, 'WEBP', 8)) return { type: 'image/webp' }
    if (has(start, 'WAVE', 8)) return { type: 'audio/wav' }
    if (has(start, 'AVI ', 8)) return { type: 'video/x-msvideo', also: /^video\/(avi|msvideo)$/ }
    return undefined
  }
  if (start[0] === 0 && has(start, 'ftyp', 4)) {
    const brand = String.fromCharCode(...start.subarray(8, 12))
    return { type: Object.hasOwn(BRANDS, brand) ? (BRANDS[brand] as string) : 'video/mp4' }
  }
  // A frame of MPEG audio without a tag before it: eleven bits, and a layer and a rate that there are (ISO/IEC 11172-3).
  const [first = 0, second = 0, third = 0] = start
  const isFrame = first === 0xff && (second & 0xe0) === 0xe0 && (second & 0x06) === 0x02 && (third & 0xf0) < 0xf0
  return isFrame ? { type: 'audio/mpeg', also: /^audio\// } : undefined
}

function has(start: Uint8Array, bytes: string, at: number): boolean {
  for (let i = 0; i < bytes.length; i++) if (start[at + i] !== bytes.charCodeAt(i)) return false
  return true
}
