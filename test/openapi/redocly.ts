import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** What is left are matters of taste: a tag without a description, an API without a licence. */
const TASTE = ['info-license', 'tag-description', 'operation-4xx-response', 'operation-2xx-response']

/** What `redocly lint` says of a document: how many errors, and which rules beyond matters of taste. */
export async function lint(document: unknown, folder: string): Promise<{ errors: number; rules: string[] }> {
  const file = path.join(folder, 'openapi.json')
  await writeFile(file, JSON.stringify(document))
  const manifest = createRequire(import.meta.url).resolve('@redocly/cli/package.json')
  const command = [
    path.join(path.dirname(manifest), 'bin/cli.js'),
    'lint',
    '--extends=recommended',
    '--format=json',
    file,
  ]
  const env = { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true', CI: 'true' }
  const { stdout } = await run(process.execPath, command, { cwd: folder, env, timeout: 60_000 })
  const report = JSON.parse(stdout.slice(stdout.indexOf('{'), stdout.lastIndexOf('}') + 1))
  const rules = new Set<string>(report.problems.map((problem: { ruleId: string }) => problem.ruleId))
  return { errors: report.totals.errors, rules: [...rules].filter((rule) => !TASTE.includes(rule)) }
}
