import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { authorization } from './token.ts'

export const SERVERS = [
  'raw',
  'raw-json',
  'node-by-hand',
  'node-zod',
  'fastify',
  'hono',
  'express',
  'bun-hono',
  'bun-elysia',
  'trestle-node',
  'trestle',
  'trestle-full',
] as const
export type ServerName = (typeof SERVERS)[number]

export function programOf(name: ServerName): URL {
  return new URL(`./servers/${name}.ts`, import.meta.url)
}

/** The program that runs a server: this Node, or Bun. */
export function runtimeOf(name: ServerName): string {
  if (!name.startsWith('bun-')) return process.execPath
  return fileURLToPath(new URL('../node_modules/.bin/bun', import.meta.url))
}

/** True for servers that are held to the workload; the others are bottoms, and look at nothing. */
export function isServer(name: ServerName): boolean {
  return !name.startsWith('raw')
}

/** Header fields that its requests have beside those of all. */
export function fieldsFor(name: ServerName): Readonly<Record<string, string>> {
  return name === 'trestle-full' ? { authorization: authorization() } : {}
}

/** What a server is called in reports: its package and version. */
export function titleOf(name: ServerName): string {
  if (name === 'raw') return 'raw socket, fixed bytes'
  if (name === 'raw-json') return 'raw socket, JSON'
  if (name === 'node-by-hand') return 'node:http, all by hand'
  if (name === 'node-zod') return 'node:http, zod'
  const { version } = manifest('../package.json')
  if (name === 'trestle') return `trestle ${version}`
  if (name === 'trestle-full') return `trestle ${version}, all on`
  if (name === 'trestle-node') return `trestle ${version}, node:http`
  const [at, library] = name.startsWith('bun-') ? [' on Bun', name.slice('bun-'.length)] : ['', name]
  return `${library} ${manifest('./package.json').dependencies[library]}${at}`
}

function manifest(path: string): { version: string; dependencies: Record<string, string> } {
  return JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'))
}
