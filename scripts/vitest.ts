/** Runs the tests and counts them from vitest's own report. */
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { scratch } from './places.ts'
import { run } from './run.ts'

export interface Counts {
  readonly passed: number
  readonly failed: number
}

/** The part of vitest's JSON report that is read here. */
export interface Report {
  readonly success: boolean
  readonly testResults: readonly {
    readonly status: string
    readonly assertionResults: readonly { readonly status: string }[]
  }[]
}

/** `filters` are parts of the paths of test files; none for all. */
export async function runTests(filters: readonly string[]): Promise<Counts> {
  const file = path.join(scratch, 'vitest.json')
  rmSync(file, { force: true })
  // What was compiled of files that are gone: tests write theirs into new folders each time.
  rmSync(path.join(scratch, 'compiled'), { recursive: true, force: true })
  mkdirSync(scratch, { recursive: true })
  const { ok } = await run(
    'vitest',
    // A snapshot that is missing is a failure here, not something to write.
    ['run', '--update=none', '--reporter=default', '--reporter=json', `--outputFile.json=${file}`, ...filters],
    { seconds: 780, live: true },
  )
  return countTests(readReport(file), ok)
}

/**
 * Counts a report. A file that fails outside its tests counts as one failure, and so does a run that
 * ended badly though no test did, or that ran nothing.
 */
export function countTests(report: Report | undefined, ok: boolean): Counts {
  const files = report?.testResults ?? []
  const results = files.flatMap((file) => file.assertionResults)
  const passed = results.filter(({ status }) => status === 'passed').length
  let failed = results.filter(({ status }) => status === 'failed').length
  failed += files.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some(({ status }) => status === 'failed'),
  ).length
  if (failed === 0 && (!ok || !report?.success || passed === 0)) failed = 1
  return { passed, failed }
}

function readReport(file: string): Report | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return undefined
  }
}
