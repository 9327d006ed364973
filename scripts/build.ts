/** Emits dist from src when src has changed since it was emitted, and brings the bundles of the docs pages. */
import { createHash } from 'node:crypto'
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { root, scratch } from './places.ts'
import { type Outcome, run } from './run.ts'

const stamp = path.join(scratch, 'dist-is-built-from')

/** The sources that are emitted, relative to src. */
export function sources(): string[] {
  return globSync('**/*.ts', { cwd: path.join(root, 'src') })
    .filter((file) => !/\.test(-d)?\.ts$/.test(file))
    .sort()
}

/** Resolves with what went wrong, or at once where all is up to date. */
export async function build(): Promise<Outcome> {
  const fetched = await run('node', ['scripts/vendor-assets.mjs'], { seconds: 180 })
  return fetched.ok ? emit() : fetched
}

async function emit(): Promise<Outcome> {
  const assets = await run('node', ['scripts/vendor-assets.mjs'], { seconds: 300 })
  if (!assets.ok) return assets
  const files = sources()
  const wanted = fingerprint(files)
  if (existsSync(path.join(root, 'dist', 'index.js')) && existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) {
    return { ok: true, output: '' }
  }
  const emitted = await run('tsc', ['-p', 'tsconfig.build.json'], { seconds: 120 })
  if (!emitted.ok) return emitted
  dropLeftovers(files)
  mkdirSync(scratch, { recursive: true })
  writeFileSync(stamp, wanted)
  return emitted
}

// Contents, not times: a fresh clone and a change of branch set times of their own.
function fingerprint(files: readonly string[]): string {
  const hash = createHash('sha256')
  const settings = ['tsconfig.json', 'tsconfig.build.json', 'node_modules/typescript/package.json']
  for (const file of [...settings, ...files.map((file) => `src/${file}`)]) {
    hash
      .update(`${file}\0`)
      .update(readFileSync(path.join(root, file)))
      .update('\0')
  }
  return hash.digest('hex')
}

// Emitted in place, and what no source stands for is removed after: dist is never empty meanwhile.
function dropLeftovers(files: readonly string[]): void {
  const stems = new Set(files.map((file) => file.slice(0, -'.ts'.length)))
  for (const file of globSync('**/*.{js,ts,map}', { cwd: path.join(root, 'dist') })) {
    if (!stems.has(file.replace(/(\.d\.ts|\.js)(\.map)?$/, ''))) rmSync(path.join(root, 'dist', file))
  }
}
