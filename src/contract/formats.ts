import type { Content, ContentKind } from './content.ts'

/** A form that values travel in. */
export type FormatName = 'json' | 'xml' | 'csv' | 'ndjson'

/** A form, and how it is written. */
export interface Format {
  readonly is: 'format'
  readonly name: FormatName
  /** The whole Content-Type value. */
  readonly mediaType: string
  readonly options?: CsvOptions
}

/** The forms that values travel in. The first is what callers get who do not say what they accept. */
export type Formats = readonly (FormatName | Format)[]

export interface CsvOptions {
  /**
   * True to put an apostrophe before text that a spreadsheet would run as a formula: what begins with `=`, `+`, `-`, `@`,
   * a tab or a line break. Whoever else reads the file sees the apostrophe too, so it is false unless told.
   */
  readonly forSpreadsheets?: boolean
}

const MEDIA_TYPES: Readonly<Record<FormatName, string>> = {
  json: 'application/json',
  xml: 'application/xml; charset=utf-8',
  csv: 'text/csv; charset=utf-8; header=present',
  ndjson: 'application/x-ndjson',
}

/** The names of all forms. */
export const FORMAT_NAMES: readonly FormatName[] = Object.keys(MEDIA_TYPES) as FormatName[]

/**
 * CSV (RFC 4180) with options, in `formats`. The name alone means the same without.
 *
 * @example
 * get('/', { returns: page.of(Order), formats: ['json', csv({ forSpreadsheets: true })] })
 */
export function csv(options: CsvOptions = {}): Format {
  return Object.freeze({ is: 'format', name: 'csv', mediaType: MEDIA_TYPES.csv, options })
}

const JSON_ALONE: readonly Format[] = [formatOf('json')]
const OF_ROWS: readonly Format[] = [formatOf('json'), formatOf('ndjson'), formatOf('csv')]

/** True for a form that there is, or the name of one: start-up diagnostics ask. */
export function isFormat(given: unknown): given is FormatName | Format {
  const name = typeof given === 'string' ? given : (given as Partial<Format> | null | undefined)?.name
  return FORMAT_NAMES.includes(name as FormatName)
}

/** A form by its name, or as it was given. */
export function formatOf(given: FormatName | Format): Format {
  return typeof given === 'string' ? { is: 'format', name: given, mediaType: MEDIA_TYPES[given] } : given
}

const VALUES: readonly ContentKind[] = ['json', 'cursor', 'offset', 'rows']

/**
 * The forms that a content may have by its kind; what its schema rules out is not known here. undefined where its kind
 * has only one.
 */
export function formatsOf({ kind, mediaType }: Content, formats: Formats | undefined): readonly Format[] | undefined {
  if (!VALUES.includes(kind)) return undefined
  if (formats === undefined) return kind === 'rows' ? OF_ROWS : undefined
  const all = formats.map(formatOf).map((one) => (one.name === 'json' ? { ...one, mediaType } : one))
  return all.length === 0 ? JSON_ALONE : all
}

/** The form that Trestle's own clients ask for. */
export function readableFormat(kind: ContentKind, formats: readonly Format[]): Format {
  const wanted: readonly FormatName[] = kind === 'rows' ? ['ndjson', 'json'] : ['json']
  for (const name of wanted) {
    const found = formats.find((one) => one.name === name)
    if (found !== undefined) return found
  }
  return formats[0] as Format
}

/** What a body is declared with, as contents: a bare schema is JSON. */
export function contentsOf(body: unknown): readonly Content[] {
  return (Array.isArray(body) ? body : [body]).map(contentOf)
}

/** One body as content. Nothing is assumed of it: start-up diagnostics ask, whose matter it is that it may be anything. */
export function contentOf(body: unknown): Content {
  if ((body as Partial<Content> | null | undefined)?.is === 'content') return body as Content
  return { is: 'content', kind: 'json', mediaType: 'application/json', schema: body }
}

const XML: Omit<Content, 'schema'> = { is: 'content', kind: 'xml', mediaType: 'application/xml' }

/** What a request body may be: what is declared, and what `formats` has beside JSON. */
export function requestContents(body: unknown, formats: Formats | undefined): readonly Content[] {
  const declared = contentsOf(body)
  const plain = declared.find(({ kind, mediaType }) => kind === 'json' && mediaType === 'application/json')
  const takesXml = formats?.some((one) => formatOf(one).name === 'xml') ?? false
  if (plain === undefined || !takesXml || declared.some(({ mediaType }) => mediaType === XML.mediaType)) return declared
  return [...declared, { ...XML, schema: plain.schema }]
}

/** A media type as it is compared: without parameters, for a caller's may be others (RFC 9110 §8.3.1). */
export function essenceOf(mediaType: string): string {
  return (mediaType.split(';', 1)[0] as string).trim().toLowerCase()
}
