import { writeFile } from 'node:fs/promises'
import type { Api } from '../contract/api.ts'
import { compile } from '../compile/plan.ts'
import { type OpenApiDocument, toOpenApi } from '../openapi.ts'
import { CommandError, loadApi } from './load-api.ts'
import type { CommandOptions } from './main.ts'

/** Writes the OpenAPI document of an API to a file, or to standard output. */
export async function openapi(file: string, { out, apiVersion }: CommandOptions): Promise<void> {
  const api = await loadApi(file)
  // What cannot start has no document either: the same faults, said the same way.
  await compile(api)
  const text = `${JSON.stringify(await documentOf(api, apiVersion), undefined, 2)}\n`
  if (out === undefined) process.stdout.write(text)
  else await writeFile(out, text).catch((error: NodeJS.ErrnoException) => Promise.reject(unwritable(out, error)))
}

/** Names that clash are the author's to mend, and the message says how. */
async function documentOf(api: Api, version: string | undefined): Promise<OpenApiDocument> {
  try {
    return await toOpenApi(api, version === undefined ? {} : { version })
  } catch (error) {
    if (error instanceof TypeError && error.message.startsWith('OpenAPI: ')) throw new CommandError(error.message)
    throw error
  }
}

function unwritable(out: string, { code, message }: NodeJS.ErrnoException): CommandError {
  const reasons: Readonly<Record<string, string>> = {
    ENOENT: 'its folder does not exist',
    ENOTDIR: 'its folder does not exist',
    EISDIR: 'it is a folder',
    EACCES: 'this user cannot write there',
  }
  return new CommandError(`There can be no file ${out}: ${reasons[code ?? ''] ?? message}`)
}
