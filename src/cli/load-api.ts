import { existsSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Api, OPTIONS } from '../contract/api.ts'

/** Something the person at the command line can mend; the message says how. */
export class CommandError extends Error {}

/**
 * Imports a module and takes the API it exports.
 *
 * @throws {CommandError} where there is no such file, where it is a folder, and where there is no API in it.
 */
export async function loadApi(file: string): Promise<Api> {
  const path = resolve(file)
  if (!existsSync(path)) throw new CommandError(`There is no file ${path}`)
  if (statSync(path).isDirectory()) {
    throw new CommandError(`${path} is a folder: name the file in it whose default export is the API`)
  }
  const module = (await import(pathToFileURL(path).href)) as { default?: unknown }
  const given = module.default
  if (given !== null && typeof given === 'object' && OPTIONS in given) return given as Api
  throw new CommandError(`${file} exports no API. Write: export default api({ … })`)
}
