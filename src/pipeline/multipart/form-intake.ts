import { type MultipartDecoder, put } from '../../compile/decoder.ts'
import { refuseField } from '../../contract/field-errors.ts'
import { pointerStep } from '../../contract/json-pointer.ts'
import type { FieldError } from '../../contract/problem.ts'
import { ContentTooLarge } from '../../contract/problems.ts'
import type { UploadField } from '../../contract/upload.ts'
import { Gathered } from './gathered.ts'
import { type FileRefusal, IncomingFile, type Keeping } from './incoming-file.ts'
import type { FormParts } from './form-parts.ts'
import type { PartEvent } from './multipart-reader.ts'
import type { PartHead } from './part-head.ts'
import type { ReceivedFile } from './received-file.ts'
import type { TemporaryFile, TemporaryFiles } from './temporary-file.ts'

/** Bytes of files that a form may have in memory: a thousand small ones are not small together. */
const IN_MEMORY = 1_048_576

/** What is being taken. Nothing is where a part is thrown away. */
type Taking =
  | { readonly name: string; readonly text: Gathered; readonly file?: undefined }
  | { readonly name: string; readonly file: IncomingFile; readonly isUnchosen: boolean }
  | undefined

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Takes the parts of one form to where they belong, and notes which are refused. */
export class FormIntake {
  readonly #decoder: MultipartDecoder
  readonly #errors: FieldError[]
  readonly #keeping: Keeping
  readonly #temporary: TemporaryFile[] = []
  readonly #texts: Record<string, unknown> = {}
  readonly #files = new Map<string, ReceivedFile[]>()
  readonly #refused = new Set<string>()
  #taking: Taking = undefined
  #parts = 0
  #textBytes = 0

  constructor(decoder: MultipartDecoder, temporary: TemporaryFiles, errors: FieldError[]) {
    this.#decoder = decoder
    this.#errors = errors
    this.#keeping = {
      memory: IN_MEMORY,
      create: async () => {
        const file = await temporary.create()
        this.#temporary.push(file)
        return file
      },
    }
  }

  /** @throws ContentTooLarge */
  take(event: PartEvent): void | Promise<void> {
    if (event.is === 'part') return this.#begin(event.head)
    if (event.is === 'end') return this.#end()
    const taking = this.#taking
    if (taking?.file !== undefined) return this.#takeFile(taking.name, taking.file, event.bytes)
    if (taking !== undefined) this.#takeText(taking.name, taking.text, event.bytes)
  }

  #begin(head: PartHead): void | Promise<void> {
    const { parts } = this.#decoder.limits
    if (++this.#parts > parts) throw ContentTooLarge({ detail: `The form may have ${parts} parts` })
    const { name, fileName, type } = head
    this.#taking = undefined
    const upload = this.#decoder.uploads.get(name)
    if (upload !== undefined) return this.#beginFile(head, upload)
    if (this.#decoder.texts.fields?.has(name) !== true) {
      return this.#refuse(name, { code: 'unrecognized_key', message: 'This field is not known' })
    }
    if (fileName !== undefined) {
      return this.#refuse(name, { code: 'invalid_type', message: 'This field is text, and a file was sent' })
    }
    const charset = type?.parameters.get('charset')
    if (charset !== undefined && !/^utf-?8$/i.test(charset)) return this.#refuse(name, NOT_UTF8)
    this.#taking = { name, text: new Gathered() }
  }

  #beginFile(head: PartHead, field: UploadField): void | Promise<void> {
    const { name, fileName } = head
    const count = this.#files.get(name)?.length ?? 0
    if (count >= (field.many ?? 1)) {
      const isList = field.many !== undefined
      const message = isList ? `There may be ${field.many} files here` : 'This field is given more than once'
      return this.#refuse(name, { code: isList ? 'too_many' : 'repeated', message })
    }
    const begin = (hash?: ConstructorParameters<typeof IncomingFile>[3]): void => {
      const file = new IncomingFile(head, field, this.#keeping, hash)
      this.#taking = { name, file, isUnchosen: fileName === '' }
    }
    if (!field.sha256) return begin()
    return import('node:crypto').then(({ createHash }) => begin(createHash('sha256')))
  }

  #takeFile(name: string, file: IncomingFile, bytes: Uint8Array): void | Promise<void> {
    const { most } = this.#decoder.uploads.get(name) as UploadField
    if (file.size + bytes.length > most) throw tooLarge(name, `This file may have ${most} bytes`)
    return file.take(bytes)
  }

  #takeText(name: string, text: Gathered, bytes: Uint8Array): void {
    const { field, text: all } = this.#decoder.limits
    this.#textBytes += bytes.length
    if (text.length + bytes.length > field) throw tooLarge(name, `This field may have ${field} bytes`)
    if (this.#textBytes > all) throw tooLarge(name, `All text of the form together may have ${all} bytes`)
    text.put(bytes)
  }

  #end(): void | Promise<void> {
    const taking = this.#taking
    this.#taking = undefined
    if (taking === undefined) return
    if (taking.file !== undefined) return this.#endFile(taking.name, taking.file, taking.isUnchosen)
    let text: string
    try {
      text = utf8.decode(taking.text.bytes)
    } catch {
      return this.#refuse(taking.name, NOT_UTF8)
    }
    put('body', this.#texts, taking.name, text, this.#decoder.texts, this.#errors)
  }

  async #endFile(name: string, file: IncomingFile, isUnchosen: boolean): Promise<void> {
    // What a browser sends for a field where no file was chosen (HTML, constructing the entry list).
    if (isUnchosen && file.size === 0) return
    const received = await file.end()
    if (received === undefined) return this.#refuse(name, file.refusal as FileRefusal)
    const others = this.#files.get(name)
    if (others === undefined) this.#files.set(name, [received])
    else others.push(received)
  }

  #refuse(name: string, { code, message }: FileRefusal): void {
    this.#refused.add(name)
    refuseField(this.#errors, { pointer: pointerTo(name), code, message })
  }

  /** What there is when all parts have come. */
  finish(): FormParts {
    const files: [string, unknown][] = []
    for (const [name, field] of this.#decoder.uploads) {
      const received = this.#files.get(name) ?? []
      if (received.length === 0 && !field.optional && !this.#refused.has(name)) {
        this.#refuse(name, { code: 'required', message: 'This file is required' })
      }
      files.push([name, field.many === undefined ? received[0] : received])
    }
    return { texts: this.#texts, files: Object.fromEntries(files), refused: this.#refused }
  }

  /** The request is over: removes its files. */
  async release(): Promise<void> {
    for (const files of this.#files.values()) for (const file of files) file.end()
    await Promise.all(this.#temporary.map((file) => file.remove()))
  }
}

const NOT_UTF8: FileRefusal = { code: 'invalid_encoding', message: 'This field is not UTF-8' }

function pointerTo(name: string): string {
  return `/body${pointerStep(name)}`
}

function tooLarge(name: string, message: string): Error {
  return ContentTooLarge({
    detail: `${name}: ${message}`,
    errors: [{ pointer: pointerTo(name), code: 'too_large', message }],
  })
}
