/** A file that is being written. */
export interface TemporaryFile {
  readonly path: string
  /** Writes all of it before it resolves: who waits for that does not read faster than the disk takes it. */
  write(bytes: Uint8Array): Promise<void>
  /** No more is written. */
  close(): Promise<void>
  /** Closes and removes it. One that is gone already is no failure. */
  remove(): Promise<void>
}

/** Temporary files of this process, in a folder of its own. */
export interface TemporaryFiles {
  create(): Promise<TemporaryFile>
  /** Removes the folder. */
  close(): Promise<void>
}
