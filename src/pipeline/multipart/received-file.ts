import type { Upload } from '../../contract/upload.ts'

/** What is known of a file when it has come. */
export interface FileFacts {
  readonly name: string
  readonly sentName: string | undefined
  readonly type: string
  readonly size: number
  readonly sha256: string | undefined
}

const PIECE = 65_536

/** A file that was sent, in memory or in a temporary file. */
export class ReceivedFile implements Upload {
  readonly name: string
  readonly sentName: string | undefined
  readonly type: string
  readonly size: number
  readonly sha256: string | undefined
  readonly path: string | undefined
  #bytes: Uint8Array<ArrayBuffer> | undefined
  #isOver = false

  /** @param kept its bytes, or the path of the file that they are in. */
  constructor(facts: FileFacts, kept: Uint8Array<ArrayBuffer> | string) {
    this.name = facts.name
    this.sentName = facts.sentName
    this.type = facts.type
    this.size = facts.size
    this.sha256 = facts.sha256
    this.path = typeof kept === 'string' ? kept : undefined
    this.#bytes = typeof kept === 'string' ? undefined : kept
  }

  /** Its request is over, and what it lies in is removed. */
  end(): void {
    this.#isOver = true
    this.#bytes = undefined
  }

  stream(): ReadableStream<Uint8Array> {
    const bytes = this.#here()
    if (bytes !== undefined) return new Blob([bytes]).stream()
    return fileStream(this.path as string)
  }

  async bytes(): Promise<Uint8Array> {
    const bytes = this.#here()
    if (bytes !== undefined) return bytes
    const { readFile } = await import('node:fs/promises')
    return readFile(this.path as string)
  }

  async text(): Promise<string> {
    return new TextDecoder().decode(await this.bytes())
  }

  async blob(): Promise<Blob> {
    const bytes = this.#here()
    if (bytes !== undefined) return new Blob([bytes], { type: this.type })
    const { openAsBlob } = await import('node:fs')
    return openAsBlob(this.path as string, { type: this.type })
  }

  /** What stands for it in logs, and where requests are compared. */
  toJSON(): FileFacts {
    const { name, sentName, type, size, sha256 } = this
    return { name, sentName, type, size, sha256 }
  }

  /** @throws where it is there no more. */
  #here(): Uint8Array<ArrayBuffer> | undefined {
    if (!this.#isOver) return this.#bytes
    throw new Error(
      `the upload "${this.name}" went with its request: put what is to stay into a storage before that ends`,
    )
  }
}

function fileStream(path: string): ReadableStream<Uint8Array> {
  let handle: import('node:fs/promises').FileHandle | undefined
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        handle ??= await (await import('node:fs/promises')).open(path)
        const { bytesRead, buffer } = await handle.read(new Uint8Array(PIECE), 0, PIECE)
        if (bytesRead > 0) return controller.enqueue(buffer.subarray(0, bytesRead))
        await handle.close()
        controller.close()
      },
      cancel: () => handle?.close(),
    },
    { highWaterMark: 0 },
  )
}
