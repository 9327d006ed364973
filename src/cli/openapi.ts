import { writeFile } from 'node:fs/promises'
import { compile } from '../compile/plan.ts'
import { toOpenApi } from '../openapi.ts'
import { loadApi } from './load-api.ts'
import type { CommandOptions } from './main.ts'

/** Writes the OpenAPI document of an API to a file, or to standard output. */
export async function openapi(file: string, { out }: CommandOptions): Promise<void> {
  const api = await loadApi(file)
  // What cannot start has no document either: the same faults, said the same way.
  await compile(api)
  const text = `${JSON.stringify(await toOpenApi(api), undefined, 2)}\n`
  if (out === undefined) process.stdout.write(text)
  else await writeFile(out, text)
}
