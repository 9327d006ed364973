import { type Content, content } from './content.ts'
import { type QueryFields, queryFields } from './query-fields.ts'
import type { AnySchema, Decoded, Sent } from './schema.ts'
import { type UploadField, type UploadIn, type UploadSent, isUploadField } from './upload.ts'

/** The fields of a multipart form by name: a schema for text, `upload(…)` for files. */
export type MultipartFields = Readonly<Record<string, AnySchema | UploadField>>

/** What one form may have, whatever its fields are. More is 413. */
export interface MultipartLimits {
  /** Parts: each value of a field and each file is one. 1,000. */
  readonly parts: number
  /** Bytes of the text of one field: 65,536. */
  readonly field: number
  /** Bytes of the text of all fields together: 1,048,576 (1 MiB). */
  readonly text: number
  /** Bytes of the header fields of one part: 8,192. */
  readonly head: number
}

/** A multipart form as an endpoint declares it. */
export interface MultipartForm<F = MultipartFields> {
  readonly is: 'multipart-form'
  readonly fields: F
  /** The fields of text, as a schema: any other field is refused. */
  readonly texts: QueryFields
  /** The fields of files. */
  readonly uploads: Readonly<Record<string, UploadField>>
  readonly limits: MultipartLimits
}

const LIMITS: MultipartLimits = { parts: 1000, field: 65_536, text: 1_048_576, head: 8192 }

/**
 * A form with files (`multipart/form-data`, RFC 7578). Text is turned into the types that its schemas ask for, and a field
 * whose schema is a list may come more than once; fields that are not declared are refused. Files are taken to a temporary
 * file as they come, small ones to memory.
 *
 * Its body may be as long as its files and its text together, unless the endpoint's own `limits.body` says otherwise.
 *
 * @throws {TypeError} for a limit that is none.
 * @example
 * post('/covers', { body: multipart({ title: z.string(), cover: upload({ types: ['image/png'] }) }) }, …)
 */
export function multipart<const F extends MultipartFields>(
  fields: F,
  limits: Partial<MultipartLimits> = {},
): Content<'multipart', MultipartForm<F>> {
  for (const [name, value] of Object.entries(limits)) {
    if (!Object.hasOwn(LIMITS, name)) {
      throw new TypeError(`multipart: there is no limit "${name}"; there are ${Object.keys(LIMITS).join(', ')}`)
    }
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new TypeError(`multipart: the limit "${name}" is a whole number from 1, not ${value}`)
    }
  }
  const entries = Object.entries(fields)
  const form: MultipartForm<F> = Object.freeze({
    is: 'multipart-form',
    fields,
    texts: queryFields(Object.fromEntries(entries.filter((entry): entry is TextEntry => !isUploadField(entry[1])))),
    uploads: Object.fromEntries(entries.filter((entry): entry is UploadEntry => isUploadField(entry[1]))),
    limits: Object.freeze({ ...LIMITS, ...limits }),
  })
  return content('multipart', 'multipart/form-data', form)
}

type TextEntry = [name: string, schema: AnySchema]
type UploadEntry = [name: string, field: UploadField]

/** True for what a multipart body is declared with. */
export function isMultipartForm(value: unknown): value is MultipartForm {
  return (value as Partial<MultipartForm> | null | undefined)?.is === 'multipart-form'
}

/** Bytes that a form may have where its endpoint does not say: those of its files, and of its text. */
export function formSize({ uploads, limits }: MultipartForm): number {
  const files = Object.values(uploads).map(({ most, many = 1 }) => most * many)
  return files.reduce((sum, bytes) => sum + bytes, limits.text)
}

/** The handler's side of a multipart form. */
export type MultipartIn<Form> =
  Form extends MultipartForm<infer F>
    ? { readonly [K in keyof F]: F[K] extends UploadField<infer O> ? UploadIn<O> : Decoded<F[K]> }
    : never

/** The caller's side of a multipart form. */
export type MultipartSent<Form> =
  Form extends MultipartForm<infer F>
    ? { readonly [K in keyof F as Needed<F, K>]: SentField<F[K]> } & {
        readonly [K in keyof F as Exclude<K, Needed<F, K>>]?: SentField<F[K]>
      }
    : never

type Needed<F, K extends keyof F> = undefined extends SentField<F[K]> ? never : K

type SentField<T> = T extends UploadField<infer O> ? UploadSent<O> : Sent<T>
