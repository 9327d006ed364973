import type { Content } from '../contract/content.ts'
import type { Format, FormatName } from '../contract/formats.ts'
import type { AnySchema } from '../contract/schema.ts'
import { type Acceptance, createAcceptance } from './accept.ts'
import { csvWriter } from './csv-writer.ts'
import { itemShape } from './offers.ts'
import { type Shape, isList, shapeOf } from './shape.ts'
import { type Parse, xmlParser } from './xml-reader.ts'
import { toXmlName } from './xml-name.ts'
import { XML_ROWS, writeXml } from './xml-writer.ts'

/** One form of a reply. Values are encoded by their schema before. */
export interface Representation {
  /** Its name, by which what is written already is known; undefined where it has options. */
  readonly form: FormatName | undefined
  /** The whole Content-Type value. */
  readonly mediaType: string
  /** Writes the whole value. */
  readonly whole: (value: unknown) => string
  /** Writes a list item by item. */
  readonly rows: RowWriter
  /** The same of items that have these keys alone, where a form has a place for each key. */
  readonly rowsWith?: (keys: readonly string[]) => RowWriter
}

/** The parts of a list that is written item by item. */
export interface RowWriter {
  readonly begin: string
  readonly between: string
  readonly row: (item: unknown) => string
  readonly end: string
}

/** Chooses the form of one reply, by `Accept`. */
export type Choose = (accept: string | undefined) => Representation

/** Compiles the forms of a reply. What suits none of them gets the first: that there is one was seen before. */
export function compileChoice(content: Content, offers: readonly Format[], root: string | undefined): Choose {
  const all = offers.map((offer) => representation(content, offer, root))
  const acceptance: Acceptance = createAcceptance(all.map(({ mediaType }) => mediaType))
  return (accept) => all[Math.max(0, acceptance.best(accept))] as Representation
}

/** The writer of a reply that is XML and nothing else. */
export function compileXml(content: Content, root: string | undefined): Representation {
  const { mediaType } = content
  const whole = /;\s*charset=/i.test(mediaType) ? mediaType : `${mediaType}; charset=utf-8`
  return representation(content, { is: 'format', name: 'xml', mediaType: whole }, root)
}

/** Compiles the reader of an XML body. */
export function compileXmlParser(schema: AnySchema): Parse {
  return xmlParser(shapeOf(schema))
}

function representation(
  content: Content,
  { name, mediaType, options }: Format,
  root: string | undefined,
): Representation {
  switch (name) {
    case 'json':
      return { form: 'json', mediaType, whole: toJson, rows: JSON_ROWS }
    case 'xml': {
      const named = rootName(content, root)
      return { form: 'xml', mediaType, whole: (value) => writeXml(named, value), rows: { between: '', ...XML_ROWS } }
    }
    case 'ndjson':
      return { form: 'ndjson', ...listed(content, mediaType, NDJSON_ROWS) }
    case 'csv': {
      const shape = itemShape(content) as Shape
      const writer = (only?: ReadonlySet<string>) => ({ between: '', end: '', ...csvWriter(shape, options, only) })
      const isPlain = options?.forSpreadsheets !== true
      return {
        form: isPlain ? 'csv' : undefined,
        ...listed(content, mediaType, writer()),
        rowsWith: (keys) => writer(new Set(keys)),
      }
    }
  }
}

/** The name of the outermost element: that of the schema, where it has one. */
export function rootName({ kind, schema }: Content, named: string | undefined): string {
  if (kind === 'cursor' || kind === 'offset') return 'page'
  if (kind === 'rows') return 'items'
  if (named !== undefined) return toXmlName(named)
  return isList(shapeOf(schema as AnySchema)) ? 'items' : 'value'
}

/** A form of the items alone: of a page, where the next one is, its `Link` says. */
function listed({ kind }: Content, mediaType: string, rows: RowWriter): Omit<Representation, 'form'> {
  const itemsOf =
    kind === 'json'
      ? (value: unknown) => (value ?? []) as readonly unknown[]
      : (value: unknown) => (value as { readonly items: readonly unknown[] }).items
  return {
    mediaType,
    rows,
    whole: (value) => {
      let text = rows.begin
      for (const item of itemsOf(value)) text += rows.row(item)
      return text + rows.end
    },
  }
}

const JSON_ROWS: RowWriter = { begin: '[', between: ',', row: toJson, end: ']' }
const NDJSON_ROWS: RowWriter = { begin: '', between: '', row: (item) => `${toJson(item)}\n`, end: '' }

function toJson(value: unknown): string {
  const text = JSON.stringify(value)
  if (text === undefined) throw new TypeError(`a ${typeof value} was returned, which JSON cannot carry`)
  return text
}
