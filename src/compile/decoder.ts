import type { Content } from '../contract/content.ts'
import { essenceOf, requestContents } from '../contract/formats.ts'
import type { Operation } from '../contract/walk.ts'
import { type MultipartForm, type MultipartLimits, isMultipartForm } from '../contract/multipart.ts'
import { pointerStep } from '../contract/json-pointer.ts'
import { paramNames } from '../contract/path.ts'
import type { FieldError } from '../contract/problem.ts'
import type { AnySchema } from '../contract/schema.ts'
import type { UploadField } from '../contract/upload.ts'
import { absentValues, withAbsent } from './absent.ts'
import type { Forms } from './encoder.ts'
import { type FromText, fromText } from './from-text.ts'
import { parseJson } from './json.ts'
import { type FieldKind, fieldsOf } from './text-kind.ts'
import { Words } from './words.ts'
import type { Parse } from './xml-reader.ts'
import { isFull, refuseField } from '../contract/field-errors.ts'
import { type Validate, type Zod, validator } from './validator.ts'

/** How the raw parts of a request become what a handler gets. A part that is undefined is not declared. */
export interface Decoders {
  readonly params: ParamsDecoder | undefined
  readonly query: TextDecoderOf | undefined
  readonly headers: TextDecoderOf | undefined
  readonly cookies: TextDecoderOf | undefined
  readonly body: BodyDecoder | undefined
}

export interface ParamsDecoder {
  readonly names: readonly string[]
  readonly convert: readonly FromText[]
  readonly validate: Validate | undefined
}

/** A part that is fields of text: query, headers, cookies, forms. */
export interface TextDecoderOf {
  /** undefined where the schema does not name its fields: all are handed over as text. */
  readonly fields: Words<TextField> | undefined
  readonly validate: Validate
}

export interface TextField {
  readonly name: string
  readonly convert: FromText
  /** The field is a list: it may come more than once. */
  readonly list: boolean
}

export interface BodyDecoder {
  readonly kind: Content['kind']
  /** As it is compared: without parameters, for a caller's may be others (RFC 9110 §8.3.1). */
  readonly mediaType: string
  readonly validate: Validate | undefined
  readonly form: TextDecoderOf | undefined
  /** Makes a value of text that is JSON or XML. */
  readonly parse: Parse
  /** The next that the endpoint takes, by another media type. */
  readonly otherwise: BodyDecoder | undefined
  readonly multipart: MultipartDecoder | undefined
}

/** A form of text and files. */
export interface MultipartDecoder {
  readonly texts: TextDecoderOf
  readonly uploads: ReadonlyMap<string, UploadField>
  readonly limits: MultipartLimits
}

/** Compiles the decoders of an operation. */
export function compileDecoders(operation: Operation, zod: Zod | undefined, forms: Forms | undefined): Decoders {
  const { spec } = operation
  const text = (schema: AnySchema | undefined): TextDecoderOf | undefined =>
    schema === undefined ? undefined : requestDecoder(schema, zod)
  return {
    params: paramsDecoder(operation, zod),
    query: text(spec.query),
    headers: text(spec.headers),
    cookies: text(spec.cookies),
    body: spec.body === undefined ? undefined : bodyDecoders(operation, zod, forms),
  }
}

function paramsDecoder(operation: Operation, zod: Zod | undefined): ParamsDecoder | undefined {
  const names = paramNames(operation.path)
  const schema = operation.spec.params
  if (names.length === 0) return undefined
  const fields = schema === undefined ? undefined : fieldsOf(schema)
  return {
    names,
    convert: names.map((name) => textField(name, fields?.get(name)).convert),
    validate: schema === undefined ? undefined : validator(schema, zod),
  }
}

/** Compiles a schema of text fields. */
export function textDecoder(schema: AnySchema, zod: Zod | undefined): TextDecoderOf {
  const fields = fieldsOf(schema)
  return {
    fields: fields && wordsOf(fields),
    validate: validator(schema, zod),
  }
}

/** Without `__proto__`: to set it would set the prototype of what is read. */
function wordsOf(fields: ReadonlyMap<string, FieldKind>): Words<TextField> {
  const words = new Words<TextField>()
  for (const [name, kind] of fields) if (name !== '__proto__') words.set(name, textField(name, kind))
  return words
}

/** What a caller cannot write, it leaves out. */
function requestDecoder(schema: AnySchema, zod: Zod | undefined): TextDecoderOf {
  const decoder = textDecoder(schema, zod)
  return { ...decoder, validate: withAbsent(decoder.validate, absentValues(schema)) }
}

const plain = (text: string): string => text

function textField(name: string, kind: FieldKind | undefined): TextField {
  if (kind === undefined) return { name, convert: plain, list: false }
  if (!kind.kinds.has('list')) return { name, convert: fromText(kind), list: false }
  return { name, convert: kind.items === undefined ? plain : fromText(kind.items), list: true }
}

/** The decoders of all bodies that an operation takes, one leading to the next. */
function bodyDecoders({ spec, formats }: Operation, zod: Zod | undefined, forms: Forms | undefined): BodyDecoder {
  const contents = requestContents(spec.body, formats)
  return contents.reduceRight<BodyDecoder | undefined>(
    (otherwise, content) => ({ ...bodyDecoder(content, zod, forms), otherwise }),
    undefined,
  ) as BodyDecoder
}

function bodyDecoder(
  { kind, mediaType, schema }: Content,
  zod: Zod | undefined,
  forms: Forms | undefined,
): BodyDecoder {
  const isChecked = kind === 'json' || kind === 'xml'
  return {
    kind,
    mediaType: essenceOf(mediaType),
    validate: isChecked ? validator(schema as AnySchema, zod) : undefined,
    form: kind === 'form' ? requestDecoder(schema as AnySchema, zod) : undefined,
    parse: kind === 'xml' && forms !== undefined ? forms.compile.compileXmlParser(schema as AnySchema) : parseJson,
    otherwise: undefined,
    multipart: isMultipartForm(schema) ? multipartDecoder(schema, zod) : undefined,
  }
}

function multipartDecoder({ texts, uploads, limits }: MultipartForm, zod: Zod | undefined): MultipartDecoder {
  return { texts: requestDecoder(texts, zod), uploads: new Map(Object.entries(uploads)), limits }
}

/** Puts decoded path segments under their names. */
export function paramsOf(decoder: ParamsDecoder, values: readonly string[]): Record<string, unknown> {
  const params: Record<string, unknown> = {}
  for (let i = 0; i < decoder.names.length; i++) {
    const convert = decoder.convert[i] as FromText
    params[decoder.names[i] as string] = convert(values[i] as string)
  }
  return params
}

const [PERCENT, AMPERSAND, PLUS, EQUALS] = [0x25, 0x26, 0x2b, 0x3d]

/**
 * Reads `application/x-www-form-urlencoded` text (WHATWG URL §5.1), which query strings are too. Fields
 * the schema does not name stay text, so that a strict schema can refuse them.
 *
 * @param start where it begins in `text`.
 */
export function readForm(
  part: string,
  text: string,
  decoder: TextDecoderOf,
  errors: FieldError[],
  start = 0,
): Record<string, unknown> {
  const values: Record<string, unknown> = {}
  for (let from = start; from < text.length && !isFull(errors); ) {
    let split = from
    let isNamePlain = true
    for (; split < text.length; split++) {
      const code = text.charCodeAt(split)
      if (code === EQUALS || code === AMPERSAND) break
      if (code === PERCENT || code === PLUS) isNamePlain = false
    }
    let end = split
    let isValuePlain = true
    for (; end < text.length; end++) {
      const code = text.charCodeAt(end)
      if (code === AMPERSAND) break
      if (code === PERCENT || code === PLUS) isValuePlain = false
    }
    if (end > from) {
      const field = isNamePlain ? decoder.fields?.at(text, from, split) : undefined
      const name = field === undefined ? formText(text.slice(from, split), isNamePlain) : field.name
      const value = formText(text.slice(split + 1, end), isValuePlain)
      if (name === undefined || value === undefined) {
        refuseField(errors, {
          pointer: `/${part}`,
          code: 'invalid_encoding',
          message: 'A field has percent-encoding that is not UTF-8',
        })
      } else if (field === undefined) put(part, values, name, value, decoder, errors)
      else putNamed(part, values, field, value, errors)
    }
    from = end + 1
  }
  return values
}

/** @returns undefined for escapes that are not UTF-8. */
function formText(text: string, isPlain: boolean): string | undefined {
  if (isPlain) return text
  const spaced = text.includes('+') ? text.replaceAll('+', ' ') : text
  if (!spaced.includes('%')) return spaced
  try {
    return decodeURIComponent(spaced)
  } catch {
    return undefined
  }
}

/** Adds a field, converted; a repeated field is an error where one is expected. */
export function put(
  part: string,
  values: Record<string, unknown>,
  name: string,
  text: string,
  decoder: TextDecoderOf,
  errors: FieldError[],
): void {
  const field = decoder.fields?.get(name)
  if (field === undefined) putUnnamed(values, name, text)
  else putNamed(part, values, field, text, errors)
}

/** The name as the schema has it: V8 knows that as a key, and would have to look for one that is cut out of a text. */
function putNamed(
  part: string,
  values: Record<string, unknown>,
  { name, convert, list }: TextField,
  text: string,
  errors: FieldError[],
): void {
  const value = convert(text)
  const isKnown = Object.hasOwn(values, name)
  if (list) {
    if (isKnown) (values[name] as unknown[]).push(value)
    else values[name] = [value]
  } else if (!isKnown) values[name] = value
  else {
    refuseField(errors, {
      pointer: `/${part}${pointerStep(name)}`,
      code: 'repeated',
      message: 'This field is given more than once',
    })
  }
}

/** Adds a field that the schema does not name, as text: a list where it comes more than once. */
function putUnnamed(values: Record<string, unknown>, name: string, text: string): void {
  if (name === '__proto__') return // assigning to it would set the object's prototype
  if (!Object.hasOwn(values, name)) values[name] = text
  else if (Array.isArray(values[name])) values[name].push(text)
  else values[name] = [values[name], text]
}
