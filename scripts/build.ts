/** Makes dist from src when src has changed since it was made, and brings the bundles of the docs pages. */
import { createHash } from 'node:crypto'
import { chmodSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { type OutputChunk, type Plugin, rolldown } from 'rolldown'
import { root, scratch } from './places.ts'
import { programsOf } from './programs.ts'
import { type Outcome, run } from './run.ts'

const src = path.join(root, 'src')
const stamp = path.join(scratch, 'dist-is-built-from')

/** The sources that dist is made from, relative to src. */
export function sources(): string[] {
  return globSync('**/*.ts', { cwd: src })
    .filter((file) => !/\.test(-d)?\.ts$/.test(file))
    .sort()
}

/** Resolves with what went wrong, or at once where all is up to date. */
export async function build(): Promise<Outcome> {
  const assets = await run('node', ['scripts/vendor-assets.mjs'], { seconds: 300 })
  if (!assets.ok) return assets
  const files = sources()
  const wanted = fingerprint(files)
  if (existsSync(path.join(root, 'dist', 'index.js')) && existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) {
    return { ok: true, output: '' }
  }
  const declared = await run('tsc', ['-p', 'tsconfig.build.json'], { seconds: 120 })
  if (!declared.ok) return declared
  const written = await bundle(files)
  dropLeftovers(files, written)
  mkdirSync(scratch, { recursive: true })
  writeFileSync(stamp, wanted)
  return declared
}

/**
 * Few files: Node takes a fifth of a millisecond for each that it loads, and the sources are many small ones. What two
 * entries share is a file of its own, so that each loads what it needs and no more.
 *
 * @returns the files that were written, relative to dist.
 */
async function bundle(files: readonly string[]): Promise<readonly string[]> {
  const tree = Object.fromEntries(
    files.map((file) => [file.replaceAll(path.sep, '/'), readFileSync(path.join(src, file), 'utf8')]),
  )
  const { bin, dependencies, peerDependencies } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'))
  const programs = new Set(programsOf(tree, bin).map((file) => path.normalize(file)))
  const entries = files.filter((file) => !file.includes(path.sep) || programs.has(file))
  const bundled = await rolldown({
    input: Object.fromEntries(entries.map((file) => [stemOf(file), path.join(src, file)])),
    external: (name) => !name.startsWith('.') && !path.isAbsolute(name),
    platform: 'neutral',
    plugins: [knowsItsPlace],
  })
  const { output } = await bundled.write({
    dir: path.join(root, 'dist'),
    sourcemap: true,
    entryFileNames: '[name].js',
    chunkFileNames: 'shared/[name].js',
  })
  // npm does so where it installs the package, and not in this folder.
  for (const command of Object.values<string>(bin)) chmodSync(path.join(root, command), 0o755)
  const known = Object.keys({ ...dependencies, ...peerDependencies })
  for (const chunk of output) {
    if (chunk.type === 'chunk') checkImports(chunk, known)
  }
  return output.map(({ fileName }) => fileName)
}

/** A bundler may add imports of its own, of helpers that whoever installs the package has not. */
function checkImports({ fileName, imports, dynamicImports }: OutputChunk, known: readonly string[]): void {
  const packages = [...imports, ...dynamicImports].filter((name) => !/^(?:node:|\.)|\.js$/.test(name))
  const foreign = packages.find((name) => !known.some((one) => name === one || name.startsWith(`${one}/`)))
  if (foreign !== undefined) throw new Error(`dist/${fileName} imports ${foreign}, which package.json does not name`)
}

/** A source that asks where it is finds what lies beside it, whatever file it went into. Lines stay: `map: null`. */
const knowsItsPlace: Plugin = {
  name: 'knows-its-place',
  transform: (code, id) => {
    if (!code.includes('import.meta.url')) return
    const own = `new URL('place:${stemOf(toDist(id))}.js', import.meta.url).href`
    return { code: code.replaceAll('import.meta.url', () => own), map: null }
  },
  renderChunk: (code, chunk) => {
    if (!code.includes('place:')) return
    const from = path.dirname(path.join(root, 'dist', chunk.fileName))
    const relative = (place: string) => path.relative(from, place).replaceAll(path.sep, '/')
    return { code: code.replaceAll(/(?<=["'`])place:([^"'`]+)/g, (_, place) => relative(place)), map: null }
  },
}

/** Where a source would be, were it emitted by itself. */
function toDist(file: string): string {
  return path.join(root, 'dist', path.relative(src, file))
}

// Contents, not times: a fresh clone and a change of branch set times of their own.
function fingerprint(files: readonly string[]): string {
  const hash = createHash('sha256')
  const settings = [
    'package.json',
    'tsconfig.json',
    'tsconfig.build.json',
    'scripts/build.ts',
    'scripts/programs.ts',
    'node_modules/typescript/package.json',
    'node_modules/rolldown/package.json',
  ]
  for (const file of [...settings, ...files.map((file) => `src/${file}`)]) {
    hash
      .update(`${file}\0`)
      .update(readFileSync(path.join(root, file)))
      .update('\0')
  }
  return hash.digest('hex')
}

// Written in place, and what is of an earlier build is removed after: dist is never empty meanwhile.
function dropLeftovers(files: readonly string[], written: readonly string[]): void {
  const declarations = files.flatMap((file) => [`${stemOf(file)}.d.ts`, `${stemOf(file)}.d.ts.map`])
  const kept = new Set([...written, ...declarations].map((file) => path.normalize(file)))
  for (const file of globSync('**/*.{js,ts,map}', { cwd: path.join(root, 'dist') })) {
    if (!kept.has(file)) rmSync(path.join(root, 'dist', file))
  }
}

function stemOf(file: string): string {
  return file.slice(0, -'.ts'.length)
}
