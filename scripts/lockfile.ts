/**
 * Holds the lockfile to what makes an install repeatable anywhere: exact versions, an integrity for
 * every package, and no download address, which would tie it to the registry it was made with.
 */
import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { root } from './places.ts'
import type { Outcome } from './run.ts'

interface Manifest {
  readonly name?: string
  readonly workspaces?: readonly string[]
  readonly dependencies?: Dependencies
  readonly devDependencies?: Dependencies
  readonly optionalDependencies?: Dependencies
}

interface Locked extends Manifest {
  readonly resolved?: string
  readonly integrity?: string
  readonly link?: boolean
  readonly inBundle?: boolean
}

type Dependencies = Readonly<Record<string, string>>

const kinds = ['dependencies', 'devDependencies', 'optionalDependencies'] as const

export async function checkLockfile(): Promise<Outcome> {
  const lock = readJson('package-lock.json') as { lockfileVersion: number; packages: Record<string, Locked> }
  const faults = [...packageFaults(lock.packages), ...missing(lock.packages), ...manifestFaults(lock.packages)]
  if (lock.lockfileVersion !== 3) faults.push(`package-lock.json: version ${lock.lockfileVersion}, wanted 3`)
  return { ok: faults.length === 0, output: faults.join('\n') }
}

function packageFaults(packages: Readonly<Record<string, Locked>>): string[] {
  return Object.entries(packages).flatMap(([place, entry]) => {
    if (entry.resolved?.includes('://')) {
      return `package-lock.json: ${place} holds a download address; .npmrc's omit-lockfile-registry-resolved keeps it out`
    }
    const installed = place.includes('node_modules/') && !entry.link && !entry.inBundle
    return installed && !entry.integrity ? `package-lock.json: ${place} has no integrity` : []
  })
}

/**
 * Packages that others need and the lockfile lacks. npm leaves out packages for other platforms where
 * it cannot get them, and `npm ci` then refuses the lockfile everywhere.
 */
function missing(packages: Readonly<Record<string, Locked>>): string[] {
  return Object.entries(packages).flatMap(([place, entry]) =>
    Object.keys({ ...entry.dependencies, ...entry.optionalDependencies })
      .filter((name) => !placesFor(place, name).some((candidate) => packages[candidate] !== undefined))
      .map((name) => `package-lock.json: ${place || 'the project'} needs ${name}, which is not there`),
  )
}

/** Where Node.js looks for a package: in each `node_modules` on the way up. */
function placesFor(place: string, name: string): string[] {
  const steps = place === '' ? [] : place.split('/')
  return [...steps, ''].map((_, count) => {
    const folder = steps.slice(0, steps.length - count)
    return [...folder, 'node_modules', name].join('/')
  })
}

function manifestFaults(packages: Readonly<Record<string, Locked>>): string[] {
  const { workspaces = [] } = readJson('package.json') as Manifest
  // The root is a workspace too, as ".", because changesets sees workspaces alone.
  const folders = ['', ...globSync([...workspaces], { cwd: root }).filter((folder) => folder !== '.')]
  return folders.flatMap((folder) => {
    const file = path.join(folder, 'package.json')
    const manifest = readJson(file) as Manifest | undefined
    if (manifest === undefined) return []
    const locked = packages[folder]
    if (locked === undefined) return `${file}: not in package-lock.json; run \`npm install\``
    return kinds.flatMap((kind) => [
      ...Object.entries(manifest[kind] ?? {})
        .filter(([, version]) => !/^(\d+\.\d+\.\d+(-[\w.]+)?|file:[./]+)$/.test(version))
        .map(([name, version]) => `${file}: ${kind}.${name} is "${version}", wanted an exact version`),
      ...(same(manifest[kind], locked[kind])
        ? []
        : [`${file}: ${kind} differ from package-lock.json; run \`npm install\``]),
    ])
  })
}

function same(one: Dependencies = {}, other: Dependencies = {}): boolean {
  const names = Object.keys(one)
  return names.length === Object.keys(other).length && names.every((name) => one[name] === other[name])
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(path.join(root, file), 'utf8'))
  } catch (error) {
    // A file or folder that matches a workspace pattern and is no package.
    if (['ENOENT', 'ENOTDIR'].includes(String((error as NodeJS.ErrnoException).code))) return undefined
    throw error
  }
}
