import { randomUUID } from 'node:crypto'
import {
  type FileHandle,
  access,
  constants,
  link,
  mkdir,
  open,
  readFile,
  readdir,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises'
import path from 'node:path'
import { type Dependency, depends } from '../contract/depends.ts'
import type { Upload } from '../contract/upload.ts'
import { GENERAL_TYPE, type PutOptions, type Source, type Storage, checkKey, factsOf, piecesOf } from './storage.ts'
import { type OpenRange, StoredFile } from './stored-file.ts'

export interface FolderOptions {
  /** What `/readyz` calls it: `storage` unless told. */
  readonly name?: string
}

/** In the folder: what is being written, and the media types. No key leads here. */
const OWN = '.trestle'
const PIECE = 65_536
/** Milliseconds after which nobody writes any more. */
const OLD = 86_400_000

/**
 * Files in a folder of this machine. A file is written beside the others, forced to the disk and then put in its place, so
 * that neither a reader nor a crash ever sees a part of one. An upload that lies in a temporary file on the same disk is not
 * copied.
 *
 * @param folder made where it is not there.
 * @example
 * const files = folder('data/covers')
 * post('/covers', { body: multipart({ cover: upload() }), use: { files } }, ({ body, files }) => files.put('1', body.cover))
 */
export function folder(folder: string, { name = 'storage' }: FolderOptions = {}): Dependency<Storage> {
  const root = path.resolve(folder)
  const check = (): Promise<void> => access(root, constants.W_OK)
  return depends({}, () => openFolder(root), { scope: 'app', eager: true, name, check })
}

async function openFolder(root: string): Promise<Storage> {
  const writing = path.join(root, OWN, 'writing')
  const types = path.join(root, OWN, 'types')
  await mkdir(writing, { recursive: true })
  await mkdir(types, { recursive: true })
  await removeLeft(writing)
  const placeOf = (key: string): string => {
    checkKey(key)
    return path.join(root, ...key.split('/'))
  }
  // No part of a key is called so: a key may go on where another ends.
  const typeOf = (key: string): string => path.join(types, ...key.split('/'), OWN)

  const storage: Storage = {
    put: async (key, source, options = {}) => {
      const place = placeOf(key)
      const { type } = factsOf(source, options.type)
      const temporary = path.join(writing, randomUUID())
      try {
        await write(temporary, source, options)
        await writeType(typeOf(key), type, path.join(writing, randomUUID()))
        await putInPlace(temporary, place).catch((cause: NodeJS.ErrnoException) => {
          if (!TAKEN.has(cause.code)) throw cause
          throw new Error(`"${key}" cannot be stored: it is a folder, or the beginning of it is a file`, { cause })
        })
      } finally {
        // It may still be there: of two names of the same file, renaming one to the other removes none (POSIX rename).
        await rm(temporary, { force: true })
      }
      return (await storage.get(key)) as StoredFile
    },
    get: async (key) => {
      const place = placeOf(key)
      const found = await stat(place, { bigint: true }).catch(nothing)
      if (found === undefined || !found.isFile()) return undefined
      const type = await readFile(typeOf(key), 'utf8').catch(nothing)
      const etag = etagOf(found)
      const facts = { key, size: Number(found.size), type: type ?? GENERAL_TYPE, etag, modified: found.mtime }
      return new StoredFile(facts, rangeOf(place, key, etag))
    },
    remove: async (key) => {
      const place = placeOf(key)
      // A folder has no key of its own.
      if ((await stat(place).catch(nothing))?.isFile() !== true) return
      await rm(place, { force: true })
      await rm(typeOf(key), { force: true })
    },
  }
  return storage
}

/** Removes what was being written when a process ended; others may write at this moment. */
async function removeLeft(writing: string): Promise<void> {
  for (const name of await readdir(writing)) {
    const file = path.join(writing, name)
    const found = await stat(file).catch(nothing)
    if (found !== undefined && Date.now() - found.ctimeMs > OLD) await rm(file, { force: true })
  }
}

/** Writes a file whole and forces it to the disk. */
async function write(temporary: string, source: Source, { signal }: PutOptions): Promise<void> {
  const { path: lies, stream } = source as Partial<Upload>
  if (lies !== undefined && stream !== undefined && (await linked(lies, temporary))) return
  const handle = await open(temporary, 'wx')
  try {
    for await (const piece of piecesOf(source, signal)) {
      for (let from = 0; from < piece.length; ) {
        from += (await handle.write(piece, from, piece.length - from)).bytesWritten
      }
    }
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** A second name for a file on the same disk; false where there can be none. */
async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to)
  } catch {
    return false
  }
  const handle = await open(to, 'r+')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
  return true
}

/** Before the file: that must not be told by the type of the one before it. */
async function writeType(place: string, type: string, temporary: string): Promise<void> {
  await writeFile(temporary, type, { flag: 'wx', flush: true })
  await putInPlace(temporary, place)
}

/** Gives a file its name, and forces that to the disk too. */
async function putInPlace(temporary: string, place: string): Promise<void> {
  await mkdir(path.dirname(place), { recursive: true })
  await rename(temporary, place)
  // Windows opens no folder; it keeps names in a journal.
  const around = await open(path.dirname(place)).catch(nothing)
  try {
    await around?.sync()
  } finally {
    await around?.close()
  }
}

/** A folder cannot be where a file is, nor a file where a folder is. */
const TAKEN = new Set<string | undefined>(['EEXIST', 'EISDIR', 'ENOTDIR', 'ENOTEMPTY'])

function rangeOf(place: string, key: string, etag: string): OpenRange {
  return (from, to) => {
    let handle: FileHandle | undefined
    let at = from
    return new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          handle ??= await openSame(place, key, etag)
          try {
            const wanted = Math.min(PIECE, to - at)
            const { bytesRead, buffer } = await handle.read(new Uint8Array(wanted), 0, wanted, at)
            if (bytesRead === 0) throw new Error(`${key} was cut off while it was read`)
            at += bytesRead
            controller.enqueue(buffer.subarray(0, bytesRead))
          } catch (error) {
            await handle.close()
            throw error
          }
          if (at < to) return
          await handle.close()
          controller.close()
        },
        cancel: () => handle?.close(),
      },
      { highWaterMark: 0 },
    )
  }
}

/** The size that was told must be that of what is sent. */
async function openSame(place: string, key: string, etag: string): Promise<FileHandle> {
  const handle = await open(place)
  if (etagOf(await handle.stat({ bigint: true })) === etag) return handle
  await handle.close()
  throw new Error(`${key} was replaced after it was asked for: get() it again`)
}

function etagOf({ ino, size, mtimeNs }: { ino: bigint; size: bigint; mtimeNs: bigint }): string {
  return `"${ino.toString(36)}-${size.toString(36)}-${mtimeNs.toString(36)}"`
}

function nothing(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR' || error.code === 'EISDIR') return undefined
  throw error
}
