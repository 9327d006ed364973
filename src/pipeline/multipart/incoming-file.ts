import type { Hash } from 'node:crypto'
import type { UploadField } from '../../contract/upload.ts'
import { safeName } from './file-name.ts'
import { TELLING_BYTES, fileType, plainType } from './file-type.ts'
import { Gathered } from './gathered.ts'
import type { PartHead } from './part-head.ts'
import { ReceivedFile } from './received-file.ts'
import type { TemporaryFile } from './temporary-file.ts'

/** Bytes of a file that may stay in memory. */
const IN_MEMORY = 65_536

/** What the files of one form share. */
export interface Keeping {
  /** Bytes that files of the form may still hold in memory. */
  memory: number
  /** Makes a temporary file, which is removed when the request ends. */
  readonly create: () => Promise<TemporaryFile>
}

/** Why a file is not taken. */
export interface FileRefusal {
  readonly code: string
  readonly message: string
}

/** A file of a form while it comes: in memory first, in a temporary file from where it is too long for that. */
export class IncomingFile {
  readonly #head: PartHead
  readonly #field: UploadField
  readonly #keeping: Keeping
  readonly #hash: Hash | undefined
  #held: Gathered | undefined = new Gathered()
  #file: TemporaryFile | undefined = undefined
  #type: string | undefined = undefined
  size = 0
  /** Set as soon as it is known; what still comes is thrown away then. */
  refusal: FileRefusal | undefined = undefined

  constructor(head: PartHead, field: UploadField, keeping: Keeping, hash: Hash | undefined) {
    this.#head = head
    this.#field = field
    this.#keeping = keeping
    this.#hash = hash
  }

  take(bytes: Uint8Array): void | Promise<void> {
    this.size += bytes.length
    if (this.refusal !== undefined) return
    this.#hash?.update(bytes)
    const held = this.#held
    if (held === undefined) return (this.#file as TemporaryFile).write(bytes)
    if (this.#type === undefined && held.length + bytes.length >= TELLING_BYTES) {
      const start = held.length === 0 ? bytes : joined(held.bytes, bytes)
      if (!this.#tell(start.subarray(0, TELLING_BYTES))) return
    }
    if (this.size <= IN_MEMORY && bytes.length <= this.#keeping.memory) {
      this.#keeping.memory -= bytes.length
      held.put(bytes)
      return
    }
    return this.#spill(held, bytes)
  }

  async #spill(held: Gathered, bytes: Uint8Array): Promise<void> {
    this.#file = await this.#keeping.create()
    this.#held = undefined
    this.#keeping.memory += held.length
    if (held.length > 0) await this.#file.write(held.bytes)
    await this.#file.write(bytes)
  }

  /** All of it has come; undefined where it is refused. */
  async end(): Promise<ReceivedFile | undefined> {
    await this.#file?.close()
    const held = this.#held
    if (this.#type === undefined && this.refusal === undefined) this.#tell((held as Gathered).bytes)
    if (this.refusal !== undefined) return undefined
    const { fileName } = this.#head
    const facts = {
      name: safeName(fileName),
      sentName: fileName,
      type: this.#type as string,
      size: this.size,
      sha256: this.#hash?.digest('hex'),
    }
    return new ReceivedFile(facts, held === undefined ? (this.#file as TemporaryFile).path : held.bytes)
  }

  /** Looks at the first bytes. */
  #tell(start: Uint8Array): boolean {
    const said = this.#head.type?.essence
    const found = fileType(said, start)
    if (found.type === undefined) {
      const is = found.sniffed === undefined ? 'its first bytes are not those of one' : `it is ${found.sniffed}`
      this.refusal = { code: 'not_its_type', message: `This file says that it is ${said}, but ${is}` }
    } else if (this.#field.types?.some((type) => plainType(type) === found.type) === false) {
      const taken = this.#field.types.join(', ')
      this.refusal = { code: 'type_not_taken', message: `This file is ${found.type}; what is taken is ${taken}` }
    }
    this.#type = found.type
    return this.refusal === undefined
  }
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const all = new Gathered()
  all.put(first)
  all.put(second.subarray(0, TELLING_BYTES))
  return all.bytes
}
