import { readFileSync } from 'node:fs'
import { env } from 'node:process'
import { parseEnvFile } from './env-file.ts'

/** Where settings come from. */
export interface SourceOptions {
  /** The environment; the process's own unless told. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /**
   * Files to look in where the environment has no value, the first that has one wins; files that do not
   * exist are passed over. Unless told, `.env.<NODE_ENV>` and then `.env` in the working directory.
   */
  readonly files?: readonly string[]
}

/** A variable's text, and where it stands. */
export interface Found {
  readonly text: string
  /** For messages: `environment`, or `.env, line 4`. */
  readonly place: string
}

/** Variables from the environment and from files. */
export interface Source {
  readonly find: (variable: string) => Found | undefined
  /** Files that exist and cannot be read, and lines in them that are no settings. */
  readonly faults: readonly string[]
  /** Where a missing variable can be set, for messages. */
  readonly places: string
}

/** Opens the environment and the files. An empty value counts as none. */
export function openSource(options: SourceOptions = {}): Source {
  const environment = options.env ?? env
  const files = options.files ?? usualFiles(environment.NODE_ENV)
  const faults: string[] = []
  const layers = files.map((file) => {
    const { entries, faults: broken } = parseEnvFile(read(file, faults))
    for (const { line, message } of broken) faults.push(`${file}, line ${line} ${message}`)
    return { file, entries }
  })
  const find = (variable: string): Found | undefined => {
    const text = environment[variable]
    if (text !== undefined && text !== '') return { text, place: 'environment' }
    for (const { file, entries } of layers) {
      const entry = entries.get(variable)
      if (entry !== undefined && entry.value !== '') return { text: entry.value, place: `${file}, line ${entry.line}` }
    }
    return undefined
  }
  const last = files.at(-1)
  return { find, faults, places: last === undefined ? 'in the environment' : `in the environment or in ${last}` }
}

function usualFiles(mode: string | undefined): readonly string[] {
  // A name with a path in it must not lead to another folder.
  return mode !== undefined && /^[\w-]+$/.test(mode) ? [`.env.${mode}`, '.env'] : ['.env']
}

function read(file: string, faults: string[]): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ENOENT') faults.push(`${file} cannot be read: ${code}`)
    return ''
  }
}
