import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { SignJWT } from 'jose'

const root = path.resolve(import.meta.dirname, '../..')

/** An API to try, in a process of its own. */
export interface Target {
  readonly name: string
  readonly program: string
  /** The environment, given a folder for what it keeps. */
  readonly env: (folder: string) => Readonly<Record<string, string>>
  /** The `Authorization` made of a token that a reply gave. */
  readonly authorization?: (token: string) => string
  /** What callers are known by, asked of the server before all else. */
  readonly callers?: (url: string) => Promise<Callers>
  /** What it writes to standard error, of requests and not of failures. */
  readonly remarks?: RegExp
}

/** Who calls. */
export interface Callers {
  /** Header fields, of which each request that needs some takes one. */
  readonly shown: readonly (readonly [name: string, value: string])[]
  /** Bodies that would be taken. */
  readonly known: readonly object[]
}

export const targets: Readonly<Record<string, Target>> = {
  shop: {
    name: 'shop',
    program: 'examples/shop/main.ts',
    env: (folder) => ({ ...people, DATABASE_FILE: path.join(folder, 'shop.db') }),
    callers: callersOfShop,
    // A refresh token that is shown twice: somebody may have stolen it, which is for people to look at.
    remarks: /^POST \/session\/refresh .*\n?(?:.*RefreshTokenReused.*\n(?:[ }].*\n)*)/gm,
  },
  conduit: {
    name: 'conduit',
    program: 'examples/conduit/main.ts',
    env: (folder) => ({
      DATABASE_FILE: path.join(folder, 'conduit.db'),
      JWT_SECRET: 'a secret for tests, and for tests alone',
    }),
    authorization: (token) => `Token ${token}`,
  },
  fixture: { name: 'fixture', program: 'test/fuzz/fixture.ts', env: () => ({}) },
}

const people = {
  STAFF_PASSWORD: 'the staff of the fuzzer',
  CUSTOMER_PASSWORD: 'customers of the fuzzer',
  LOGIN_KEY: 'x'.repeat(32),
}

/** A token that holds, and gives no right to anything. */
function powerless(): Promise<string> {
  const shop = 'https://shop.example'
  return new SignJWT({ scope: '', sid: 'any' })
    .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt' })
    .setIssuer(shop)
    .setAudience(shop)
    .setSubject('customer:1')
    .setIssuedAt()
    .setExpirationTime('1h')
    .sign(new TextEncoder().encode(people.LOGIN_KEY))
}

/**
 * A manager most of the time, a clerk, a customer and her program, one that was sent away, somebody who may do nothing,
 * and nobody.
 */
async function callersOfShop(url: string): Promise<Callers> {
  const post = async (where: string, body: object, headers = {}): Promise<Record<string, string>> => {
    const init = {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json', ...headers },
    }
    return (await fetch(url + where, init)).json() as Promise<Record<string, string>>
  }
  const logins = [
    { username: 'mira', password: people.STAFF_PASSWORD },
    { username: 'tom', password: people.STAFF_PASSWORD },
    { username: 'ada@okafor.example', password: people.CUSTOMER_PASSWORD },
  ]
  const tokens = await Promise.all(
    logins.map(async (body) => `Bearer ${(await post('/session/login', body)).access_token}`),
  )
  const [manager = '', clerk = '', customer = ''] = tokens
  const own = { name: 'fuzzer', scopes: ['orders:read', 'orders:write'] }
  const { key = '' } = await post('/keys', own, { authorization: customer })
  const { key: revoked = '', id } = await post('/keys', own, { authorization: customer })
  await fetch(`${url}/keys/${id}`, { method: 'DELETE', headers: { authorization: customer } })
  const many = Array.from({ length: 10 }, () => ['Authorization', manager] as const)
  const others = [clerk, customer, `${customer}x`, `Bearer ${await powerless()}`].map(
    (value) => ['Authorization', value] as const,
  )
  const keys = [key, revoked].map((value) => ['X-API-Key', value] as const)
  return { shown: [...many, ...others, ...keys], known: logins }
}

/** A server that runs. */
export interface Running {
  readonly port: number
  /** What it wrote to standard error: internal failures are told there. */
  readonly errors: () => string
  /** How it ended, where it has. */
  readonly ended: () => string | undefined
  readonly stop: () => Promise<void>
}

/** Starts a target on a free port. @throws where it does not begin to listen within 20 s. */
export async function start(target: Target): Promise<Running> {
  const folder = mkdtempSync(path.join(tmpdir(), 'trestle-fuzz-'))
  const child = spawn(process.execPath, ['--conditions=trestle-source', path.join(root, target.program)], {
    cwd: path.dirname(path.join(root, target.program)),
    env: { ...process.env, NODE_ENV: 'production', DATABASE_URL: '', PORT: '0', ...target.env(folder) },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let errors = ''
  let ended: string | undefined
  child.stderr.on('data', (chunk) => {
    if (errors.length < 100_000) errors += chunk
  })
  const end = new Promise<void>((resolve) =>
    child.once('close', (code, signal) => {
      ended = `it ended with ${signal ?? code}`
      resolve()
    }),
  )
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL')
    await end
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    return { port: await portOf(child, () => errors), errors: () => errors, ended: () => ended, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** The port in the first address that the server prints. */
function portOf(child: ChildProcess, errors: () => string): Promise<number> {
  return new Promise((resolve, reject) => {
    let output = ''
    const fail = (why: string): void => reject(new Error(`${why}\n${output}${errors()}`))
    const timer = setTimeout(() => fail('the server does not listen after 20 s'), 20_000)
    child.once('close', () => fail('the server ended before it listened'))
    child.stdout?.on('data', (chunk) => {
      output += chunk
      const port = /http:\/\/[^/\s:]+:(\d+)/.exec(output)?.[1]
      if (port === undefined) return
      clearTimeout(timer)
      resolve(Number(port))
    })
  })
}
