import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Dependency } from 'trestle'
import { type Storage, folder, s3 } from 'trestle/storage'
import { KEY, REGION, type S3Server, startS3 } from './s3-server.ts'

/** A storage for a test, and what its server or its disk has of it. */
export interface Opened {
  readonly dependency: Dependency<Storage>
  readonly storage: Storage
  /** What is being written, or was left of it. */
  readonly unfinished: () => number
  readonly close: () => Promise<void>
}

export async function openInFolder(): Promise<Opened & { readonly root: string }> {
  const root = mkdtempSync(path.join(tmpdir(), 'trestle-storage-'))
  const dependency = folder(path.join(root, 'files'))
  return {
    root: path.join(root, 'files'),
    dependency,
    storage: await made(dependency),
    unfinished: () => readdirSync(path.join(root, 'files', '.trestle', 'writing')).length,
    close: async () => rmSync(root, { recursive: true, force: true }),
  }
}

export async function openInS3(): Promise<Opened & { readonly server: S3Server }> {
  const server = await startS3()
  const dependency = s3({ ...KEY, bucket: 'bucket', region: REGION, endpoint: server.endpoint, prefix: 'test/' })
  return {
    server,
    dependency,
    storage: await made(dependency),
    unfinished: () => server.uploads.size,
    close: server.stop,
  }
}

async function made(dependency: Dependency<Storage>): Promise<Storage> {
  return (await dependency.make({} as never)) as Storage
}
