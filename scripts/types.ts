/** Type-checks every part of the project, each under the tsconfig.json of its folder. */
import { existsSync } from 'node:fs'
import path from 'node:path'
import { root } from './places.ts'
import { type Outcome, run } from './run.ts'

const parts = ['.', 'test', 'examples', 'bench', 'scripts']

export async function checkTypes(): Promise<Outcome> {
  const outcomes: Outcome[] = []
  for (const part of parts) {
    if (!existsSync(path.join(root, part, 'tsconfig.json'))) continue
    outcomes.push(await run('tsc', ['--noEmit', '-p', part], { seconds: 120 }))
  }
  return { ok: outcomes.every(({ ok }) => ok), output: outcomes.map(({ output }) => output).join('') }
}
