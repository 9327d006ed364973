export { type FolderOptions, folder } from './storage/folder.ts'
export { type Hidden, type S3Options, s3 } from './storage/s3/s3.ts'
export type { PutOptions, Source, Storage } from './storage/storage.ts'
export type { StoredFile } from './storage/stored-file.ts'
