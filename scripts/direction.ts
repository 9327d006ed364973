/** The direction of imports in src: what each folder may know of the others. */
import path from 'node:path'
import { type Import, importsOf } from './imports.ts'

/** What the files right in src are called here; no folder can have this name. */
const ENTRY = 'src/*.ts'

/**
 * The folders each folder may import from, besides itself. Types count like values: knowing the
 * shape of a thing is knowing the thing.
 */
export const layers: Readonly<Record<string, readonly string[]>> = {
  contract: [],
  compile: ['contract'],
  pipeline: ['contract', 'compile'],
  wire: ['contract', 'compile', 'pipeline'],
  projections: ['contract', 'compile'],
  policies: ['contract'],
  // Who logs in is limited as others are, and what is kept of it is away as other stores are.
  auth: ['contract', 'policies'],
  resources: ['contract', 'policies'],
  jobs: ['contract'],
  observe: ['contract', 'compile'],
  gateway: ['contract'],
  settings: ['contract'],
  // Handlers use it as any dependency; no policy names it, so it is no backend.
  storage: ['contract'],
  // Knows databases alone: it is as good for a program that serves no API.
  migrations: [],
  // Backends implement the ports that these name.
  backends: ['contract', 'policies', 'auth', 'resources', 'jobs', 'observe'],
  cli: ['contract', 'compile', 'pipeline', 'wire', 'projections', 'policies', 'observe', 'gateway', 'settings', ENTRY],
}

/** Entry files of what must run anywhere: they and all they load at start are the core. */
export const coreEntries: readonly string[] = ['index.ts', 'fetch.ts']

/** What the core may load with `import()` when something needs it, and the folders or files that may. */
export const coreLater: Readonly<Record<string, readonly string[]>> = {
  zod: [''],
  // The files of pages come with the package, and only a file system can read them.
  'node:fs/promises': ['projections/docs/asset.ts', 'projections/browse/asset.ts'],
}

/** Modules by their path inside src, with `/`, and their text. */
export type Tree = Readonly<Record<string, string>>

/** One sentence for each import that goes the wrong way, naming the file, the import and the rule. */
export function findViolations(tree: Tree): string[] {
  const modules = new Map(Object.entries(tree).map(([file, text]) => [file, importsOf(file, text)]))
  return [...wrongWays(modules), ...beyondCore(modules)]
}

type Modules = ReadonlyMap<string, readonly Import[]>

function wrongWays(modules: Modules): string[] {
  return [...modules].flatMap(([file, imports]) => {
    const from = layerOf(file)
    if (from !== ENTRY && layers[from] === undefined) {
      return [`src/${file}: "${from}" is no layer; name it in scripts/direction.ts with what it may import`]
    }
    return imports.flatMap((one) => {
      const to = target(file, one.from)
      const say = (rule: string) => `src/${file}:${one.line} imports "${one.from}": ${rule}`
      if (to === undefined) return []
      if (to.startsWith('../')) return say('src imports nothing outside src')
      if (!modules.has(to)) return say('there is no such file')
      return allowed(from, layerOf(to)) ? [] : say(ruleFor(from, layerOf(to)))
    })
  })
}

function allowed(from: string, to: string): boolean {
  return from === ENTRY || from === to || layers[from]?.includes(to) === true
}

function ruleFor(from: string, to: string): string {
  if (to === ENTRY) return 'only entry files and cli import entry files'
  if (to === 'backends') return 'backends are imported by entry files alone'
  const others = layers[from]?.join(', ')
  return others ? `of other folders, ${from} imports ${others} alone` : `${from} imports no other folder`
}

/** What loads with the core at start, and what it may not load. */
function beyondCore(modules: Modules): string[] {
  const said: string[] = []
  const through = new Map<string, string>(coreEntries.filter((file) => modules.has(file)).map((file) => [file, '']))
  // A map is walked in the order of insertion, also over what is inserted meanwhile.
  for (const [file, chain] of through) {
    for (const one of modules.get(file) ?? []) {
      const to = target(file, one.from)
      if (to !== undefined) {
        if (one.kind !== 'dynamic' && !through.has(to)) through.set(to, ` (reached through src/${file})`)
        continue
      }
      if (one.kind === 'dynamic' && coreLater[one.from]?.some((place) => file.startsWith(place))) continue
      const rule = one.from.startsWith('node:')
        ? 'the core runs everywhere and imports nothing from "node:"'
        : 'the core imports no package; zod may be loaded with import() when needed'
      said.push(`src/${file}:${one.line} imports "${one.from}": ${rule}${chain}`)
    }
  }
  return said
}

/** The path inside src of a relative import; undefined for a package. */
function target(file: string, from: string): string | undefined {
  return from.startsWith('.') ? path.posix.join(path.posix.dirname(file), from) : undefined
}

function layerOf(file: string): string {
  return file.includes('/') ? (file.split('/')[0] as string) : ENTRY
}
