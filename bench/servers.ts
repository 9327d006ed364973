import { readFileSync } from 'node:fs'

export const SERVERS = ['bare', 'fastify', 'hono', 'express', 'trestle'] as const
export type ServerName = (typeof SERVERS)[number]

export function programOf(name: ServerName): URL {
  return new URL(`./servers/${name}.ts`, import.meta.url)
}

/** What a server is called in reports: its package and version. */
export function titleOf(name: ServerName): string {
  if (name === 'bare') return 'node:http'
  if (name === 'trestle') return `trestle ${manifest('../package.json').version}`
  return `${name} ${manifest('./package.json').dependencies[name]}`
}

function manifest(path: string): { version: string; dependencies: Record<string, string> } {
  return JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'))
}
