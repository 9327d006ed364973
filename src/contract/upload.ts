import { BARE_MEDIA_TYPE } from './media-type.ts'

export interface UploadOptions {
  /** Bytes that one file may have: 10,485,760 (10 MiB) unless told. */
  readonly most?: number
  /** Media types that are taken: `['image/png', 'image/jpeg']`; any unless told. */
  readonly types?: readonly string[]
  /** Files that may come under this name, for a list of them; one file unless told. */
  readonly many?: number
  /** True where there may be none: the handler gets `undefined`, or an empty list. */
  readonly optional?: boolean
  /** True to have the SHA-256 of each file, taken while it comes. */
  readonly sha256?: boolean
}

/** A file of a multipart form, as an endpoint declares it. */
export interface UploadField<O = UploadOptions> {
  readonly is: 'upload'
  readonly most: number
  /** In lower case. */
  readonly types: readonly string[] | undefined
  /** undefined for one file. */
  readonly many: number | undefined
  readonly optional: boolean
  readonly sha256: boolean
  /** Never set: carries the types of the options. */
  readonly options?: O
}

/** Bytes of a file where its field does not say. */
const MOST = 10_485_760

/**
 * A file in a multipart form (RFC 7578). What its first bytes tell of it has to fit the type that the caller says, and that
 * the types that are taken: any other is a refused field.
 *
 * @throws {TypeError} for a size or a count that is no whole number from 1, and for what is no media type.
 * @example
 * multipart({ cover: upload({ most: 5_000_000, types: ['image/png', 'image/jpeg'] }), pages: upload({ many: 20 }) })
 */
export function upload<const O extends UploadOptions = UploadOptions>(options: O = {} as O): UploadField<O> {
  const { most = MOST, types, many, optional = false, sha256 = false } = options as UploadOptions
  for (const [name, value] of Object.entries({ most, many: many ?? 1 })) {
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new TypeError(`upload: ${name} is a whole number from 1, not ${value}`)
    }
  }
  if (types !== undefined && types.length === 0) throw new TypeError('upload: types is empty, so no file could be sent')
  for (const type of types ?? []) {
    // `*` is a character of a token, but what it would stand for is not known here.
    if (!BARE_MEDIA_TYPE.test(type) || type.includes('*'))
      throw new TypeError(`upload: "${type}" is no media type: name each one, such as "image/png"`)
  }
  return Object.freeze({
    is: 'upload',
    most,
    types: types?.map((type) => type.toLowerCase()),
    many,
    optional,
    sha256,
  })
}

/** True for what `upload` gives. */
export function isUploadField(value: unknown): value is UploadField {
  return (value as Partial<UploadField> | null | undefined)?.is === 'upload'
}

/**
 * A file that was sent. It is there until the request ends: large ones lie in a temporary file, which is removed then.
 * Put what is to stay into a storage.
 */
export interface Upload<Sha256 extends string | undefined = string | undefined> {
  /** A name that can be one of a file: no folder, no control characters, at most 200 bytes; `file` where none is left. */
  readonly name: string
  /** The name as the caller sent it. Data like any other: never part of a path. */
  readonly sentName: string | undefined
  /** The media type, without parameters: what the caller says and the first bytes bear out. */
  readonly type: string
  /** In bytes. */
  readonly size: number
  /** In hexadecimal; undefined unless the field asks for it. */
  readonly sha256: Sha256
  /** The temporary file, where it lies in one. */
  readonly path: string | undefined
  /** Its bytes, a piece at a time. Each call begins at the first. */
  stream(): ReadableStream<Uint8Array>
  /** All of it in memory. */
  bytes(): Promise<Uint8Array>
  /** All of it in memory, as UTF-8; what is no UTF-8 becomes U+FFFD. */
  text(): Promise<string>
  /** A Blob, which reads its bytes when it is asked for them. */
  blob(): Promise<Blob>
}

/** What a handler gets for the field of a file. */
export type UploadIn<O> = O extends { readonly many: number }
  ? readonly One<O>[]
  : O extends { readonly optional: true }
    ? One<O> | undefined
    : One<O>

type One<O> = Upload<O extends { readonly sha256: true } ? string : undefined>

/** What a caller sends for the field of a file. The name of a `File` goes along. */
export type UploadSent<O> = O extends { readonly many: number }
  ? O extends { readonly optional: true }
    ? readonly Blob[] | undefined
    : readonly Blob[]
  : O extends { readonly optional: true }
    ? Blob | undefined
    : Blob
