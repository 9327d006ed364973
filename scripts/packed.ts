/** Packs what would be published, and lets two tools look at it: publint, and "are the types wrong". */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { type Outcome, run } from './run.ts'

export async function checkPackage(): Promise<Outcome> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'trestle-pack-'))
  try {
    const packed = await run('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder], {
      seconds: 60,
    })
    const file = readdirSync(folder).find((name) => name.endsWith('.tgz'))
    if (!packed.ok || file === undefined) return { ok: false, output: `npm pack made no package\n${packed.output}` }
    const tarball = path.join(folder, file)
    const outcomes = [
      await run('publint', ['run', tarball, '--strict'], { seconds: 60 }),
      await run(
        'attw',
        [tarball, '--profile', 'esm-only', '--no-definitely-typed', '--no-emoji', '--format', 'ascii'],
        {
          seconds: 60,
        },
      ),
    ]
    return {
      ok: outcomes.every(({ ok }) => ok),
      output: outcomes
        .filter(({ ok }) => !ok)
        .map(({ output }) => output)
        .join('\n'),
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
